import {createHash} from 'node:crypto';
import type {Architecture} from './architecture.js';
import {guestFiles, guestFolders, guestLinks, initrdInit} from './micro-guest.js';

export const microName = 'micro';
export const microDescription = 'Very small Linux: busybox and SSH, starts in seconds';
export const microDiskSizeGb = 10;

/** What the image is made of, besides the kernel package of the distribution. */
export const microPackages = {
	withLibraries: [
		'busybox-static',
		'dropbear-bin',
		'openssh-sftp-server',
		'qemu-guest-agent',
		'e2fsprogs',
		'rsync',
	],
	// Of the client only `scp` is wanted, which needs the C library and none of the client's Kerberos or FIDO.
	alone: ['openssh-client'],
} as const;

/** The guest's programs besides busybox: where the packages have them, and where the guest has them. */
export const microPrograms: Readonly<Record<string, string>> = {
	'usr/sbin/dropbear': 'usr/bin/dropbear',
	'usr/sbin/qemu-ga': 'usr/bin/qemu-ga',
	'usr/sbin/resize2fs': 'usr/bin/resize2fs',
	'usr/bin/scp': 'usr/bin/scp',
	'usr/bin/rsync': 'usr/bin/rsync',
	// Debian's dropbear looks for it there.
	'usr/lib/openssh/sftp-server': 'usr/lib/sftp-server',
};

/** How the filesystem of the disk is made, for mke2fs. */
export const microFilesystemOptions: readonly string[] = [
	// The journal keeps its usual size: the kernel can't grow a filesystem that has a small one.
	...['-q', '-t', 'ext4', '-L', 'golem', '-m', '1'],
	// Initialised now, where zeros cost nothing, the guest's kernel need not write 160 MB of them into each VM's disk.
	...['-E', 'lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0'],
];

/** The devices of a VM: disk, network, console ports, memory balloon, randomness, the seed, and the power button. */
export const microModules: readonly string[] = [
	...['virtio_pci', 'virtio_blk', 'virtio_net', 'virtio_console', 'virtio_balloon', 'virtio_rng'],
	...['qemu_fw_cfg', 'button', 'evdev'],
];

const serialConsoles: Record<Architecture, string> = {amd64: 'ttyS0', arm64: 'ttyAMA0'};

/** Arguments of the kernel: a quiet console, a second's patience in a panic, and no time spent on what a VM lacks. */
export function microKernelArguments(architecture: Architecture): string {
	return [
		`console=${serialConsoles[architecture]} quiet panic=1`,
		'tsc=reliable no_timer_check cryptomgr.notests random.trust_cpu=on 8250.nr_uarts=1',
		'audit=0 apparmor=0',
	].join(' ');
}

export const microTcgKernelArguments = 'mitigations=off nokaslr';

// To be raised when the way of building changes and what is hashed below does not.
const revision = 1;

/** Changes with whatever makes an image built before differ from one built now, but for newer packages. */
export const microRecipe = hashOf([
	revision,
	[microDiskSizeGb, microFilesystemOptions],
	[microPackages, microPrograms, microModules],
	[microKernelArguments('amd64'), microTcgKernelArguments],
	[initrdInit, guestFiles, guestFolders, guestLinks],
]);

function hashOf(value: unknown): string {
	return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
