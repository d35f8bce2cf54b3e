import path from 'node:path';
import type {Accelerator} from '../../../source/platform/accelerator.js';
import type {ExeUnitSpec} from '../../../source/protocol/exe-unit.js';
import type {InstalledImage} from '../../images/image.js';

export type QemuFiles = {
	disk: string;
	seed: string;
	processId: string;
	/** Unix sockets. */
	monitor: string;
	console: string;
	agent: string;
	/** Where passt listens; undefined where the guest has no way to the internet. */
	uplink: string | undefined;
};

export type QemuCommandLineOptions = {
	spec: Pick<ExeUnitSpec, 'vm_id' | 'resources'>;
	image: InstalledImage;
	files: QemuFiles;
	accelerator: Accelerator;
	/** QEMU gives up its rights to become this user and group; undefined where it has none to give up. */
	dropTo: number | undefined;
	/** Major and minor version, as a number to compare: 7.2 is 7.02. */
	qemuVersion: number;
};

/** Megabytes of translated code that QEMU keeps; without a bound it takes a gigabyte a guest. */
const translationCacheMb = 128;

/** The arguments that start one VM. Nothing in them is a tenant's free text. */
export function qemuCommandLine(options: QemuCommandLineOptions): string[] {
	const {spec, image, files, accelerator} = options;
	const isEmulated = accelerator.kind === 'tcg';
	const kernelArguments = [image.kernelArguments, isEmulated ? image.tcgKernelArguments : '']
		.join(' ')
		.trim();
	return [
		['-name', `${spec.vm_id},debug-threads=on`],
		['-nodefaults', '-no-user-config'],
		['-display', 'none'],
		['-pidfile', files.processId],
		['-machine', 'q35'],
		['-accel', isEmulated ? `tcg,thread=multi,tb-size=${translationCacheMb}` : accelerator.kind],
		['-cpu', isEmulated ? 'max' : 'host'],
		['-smp', String(spec.resources.cpu)],
		['-m', `${spec.resources.memory}G`],
		['-kernel', path.join(image.folder, image.kernel)],
		['-initrd', path.join(image.folder, image.initrd)],
		['-append', kernelArguments],
		['-fw_cfg', `name=opt/golem/seed,file=${escapeComma(files.seed)}`],
		['-drive', `file=${escapeComma(files.disk)},if=none,id=disk,format=qcow2,discard=unmap`],
		['-device', 'virtio-blk-pci,drive=disk'],
		...sshNetworkArguments(),
		...uplinkArguments(files.uplink),
		['-chardev', `socket,id=console,path=${escapeComma(files.console)},server=on,wait=off`],
		['-serial', 'chardev:console'],
		['-qmp', `unix:${escapeComma(files.monitor)},server=on,wait=off`],
		['-device', 'virtio-serial-pci'],
		['-chardev', `socket,id=agent,path=${escapeComma(files.agent)},server=on,wait=off`],
		['-device', 'virtserialport,chardev=agent,name=org.qemu.guest_agent.0'],
		['-device', 'virtio-balloon-pci,id=balloon,free-page-reporting=on'],
		['-device', 'virtio-rng-pci'],
		['-sandbox', sandboxOptions(options)],
		...dropArguments(options),
	].flat();
}

/**
The card that SSH comes in by. `restrict=on`: the guest reaches nothing through it, neither the host's loopback (which user networking
would otherwise show at 10.0.2.2) nor its networks; the forwarded SSH port is the one exception. Port 0 lets QEMU take
a free one, so there is no moment in which somebody else could have it.
*/
function sshNetworkArguments(): string[][] {
	return [
		['-netdev', 'user,id=ssh,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:0-:22'],
		['-device', 'virtio-net-pci,netdev=ssh,romfile='],
	];
}

/** The card that leads to the internet; see uplink.ts. */
function uplinkArguments(socketFile: string | undefined): string[][] {
	return socketFile === undefined
		? []
		: [
				['-netdev', `stream,id=uplink,server=off,addr.type=unix,addr.path=${escapeComma(socketFile)}`],
				['-device', 'virtio-net-pci,netdev=uplink,romfile='],
			];
}

/**
QEMU's own system call filter. It comes into force before QEMU drops its rights, and would kill it for doing so; after
that there is nothing left to elevate to, since it cannot start another program.
*/
function sandboxOptions({dropTo}: QemuCommandLineOptions): string {
	const elevation = dropTo === undefined ? 'deny' : 'allow';
	return `on,obsolete=deny,elevateprivileges=${elevation},spawn=deny,resourcecontrol=deny`;
}

/** QEMU 9.1 renamed the option and 10 took the old one away (its «deprecated» and «removed features» pages). */
function dropArguments({dropTo, qemuVersion}: QemuCommandLineOptions): string[][] {
	if (dropTo === undefined) {
		return [];
	}

	const user = `${dropTo}:${dropTo}`;
	return [qemuVersion >= 9.01 ? ['-run-with', `user=${user}`] : ['-runas', user]];
}

/** In QEMU's option lists a comma in a value is written twice. */
function escapeComma(value: string): string {
	return value.replaceAll(',', ',,');
}
