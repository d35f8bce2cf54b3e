import fs from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {describeAccelerator, findAccelerator} from '../../../source/platform/accelerator.js';
import {fileExists, isErrno, readFileIfThere, writeFileAtomically} from '../../../source/platform/files.js';
import type {Log} from '../../../source/platform/log.js';
import {socketPath} from '../../../source/platform/paths.js';
import {findProcesses, isProcessAlive, killProcess, runProgram} from '../../../source/platform/process.js';
import {qemuProgram} from '../../../source/platform/qemu-program.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import {
	type ExeUnitSpec,
	exeUnitFileEndings,
	exeUnitUplinkFolder,
} from '../../../source/protocol/exe-unit.js';
import {type InstalledImage, readImage} from '../../images/image.js';
import type {Driver, RunningVm} from '../driver.js';
import type {HostKey} from '../host-key.js';
import {qemuCommandLine} from './command-line.js';
import {guestUsers} from './firewall.js';
import {resumeWhenThereIsRoom} from './full-disk.js';
import {
	describeStartFault,
	readForwardedPort,
	type SupervisedQemu,
	startQemu,
	superviseVm,
	waitForMonitor,
} from './qemu-process.js';
import {createSeed} from './seed.js';
import {findUplink, openUplink, type Uplink, type UplinkOptions, uplinkNetwork} from './uplink.js';

/** Between a closed monitor and the news of QEMU's end. */
const deathNoticeMs = 300;
/** The guest's user in every image of ours. */
const guestUserId = 1000;
/** Far away from every user a system has; each VM gets its own by its port, so that none can touch another's process. */
const firstVmUserId = 0x70_00_00_00;

export type QemuDriverOptions = {
	spec: ExeUnitSpec;
	vmFolder: string;
	/** Beginning of the VM's socket paths; each adds its own ending. */
	socketBase: string;
	hostKey: HostKey;
	log: Log;
};

/** Runs the VM in a QEMU process of its own session, so that it outlives its supervisor. */
export async function createQemuDriver(options: QemuDriverOptions): Promise<Driver> {
	const {spec, vmFolder, socketBase, hostKey, log} = options;
	const [accelerator, image] = await Promise.all([findAccelerator(), readImage(spec.image_folder)]);
	if (!image) {
		throw new ApiError('VM_001', `The image in ${spec.image_folder} is gone or damaged.`, {
			hint: 'Build it again with: golem setup',
		});
	}

	const {sshUser} = image;
	const binary = spec.qemu_binary ?? qemuProgram;
	const outputFile = path.join(vmFolder, 'qemu.log');
	const files = {
		disk: path.join(vmFolder, 'disk.qcow2'),
		seed: path.join(vmFolder, 'seed.tar'),
		processId: path.join(vmFolder, 'qemu.pid'),
		monitor: socketPath(`${socketBase}${exeUnitFileEndings.monitor}`),
		console: socketPath(`${socketBase}${exeUnitFileEndings.console}`),
		agent: socketPath(`${socketBase}${exeUnitFileEndings.agent}`),
	};
	const uplinkOptions: UplinkOptions = {
		folder: exeUnitUplinkFolder(vmFolder),
		processIdFile: path.join(vmFolder, 'passt.pid'),
		userId: guestUsers.first + spec.proxy.port,
		log,
	};
	let uplink: Uplink | undefined;
	let qemuVersion = 0;

	/** Tells of the VM's end once what was made for it is gone too. */
	function supervise(vm: Pick<SupervisedQemu, 'pid' | 'sshPort' | 'qmp' | 'exited'>): RunningVm {
		resumeWhenThereIsRoom(vm.qmp, log);
		const running = superviseVm({
			...vm,
			consoleFile: files.console,
			agentFile: files.agent,
			guestUser: sshUser,
		});
		const ended = running.ended.then(async end => {
			await uplink?.close().catch((error: unknown) => log.warn({err: error}, 'passt could not be ended'));
			uplink = undefined;
			return end;
		});
		return {
			...running,
			ended,
			async stop(graceMs) {
				await running.stop(graceMs);
				await ended;
			},
			async kill() {
				await running.kill();
				await ended;
			},
		};
	}

	return {
		accelerator: describeAccelerator(accelerator),
		network: () => (uplink ? 'internet' : 'none'),

		async prepare(sshKeys) {
			[qemuVersion] = await Promise.all([
				readQemuVersion(binary),
				createDisk(files.disk, image, spec.resources.storage),
			]);
			uplink = canHaveUplink(qemuVersion) ? await openUplink(uplinkOptions) : undefined;
			const seed = await createSeed({
				hostname: spec.name,
				sshKeys,
				hostKey,
				userId: guestUserId,
				uplink: uplink && uplinkNetwork,
			});
			await writeFileAtomically(files.seed, seed);
		},

		async start(signal) {
			const child = await startQemu({
				binary,
				args: qemuCommandLine({
					spec,
					image,
					files: {...files, uplink: uplink?.socketFile},
					accelerator,
					dropTo: dropTarget(spec),
					qemuVersion,
				}),
				outputFile,
			});
			try {
				const qmp = await waitForMonitor(files.monitor, child.exited, signal);
				const sshPort = await readForwardedPort(qmp);
				return supervise({pid: child.pid, sshPort, qmp, exited: child.exited});
			} catch (error) {
				const end = await Promise.race([child.exited, sleep(deathNoticeMs, undefined)]);
				await killProcess(child.pid);
				await uplink?.close();
				throw await describeStartFault(error, end, outputFile);
			}
		},

		async adopt() {
			const written = Number(await readFileIfThere(files.processId));
			const pid =
				written && (await isProcessAlive(written, files.monitor))
					? written
					: // One that was only just started has not written its id yet.
						(await findProcesses(files.monitor))[0]?.pid;
			if (pid === undefined) {
				return undefined;
			}

			try {
				const qmp = await waitForMonitor(files.monitor);
				uplink = await findUplink(uplinkOptions);
				return supervise({pid, sshPort: await readForwardedPort(qmp), qmp});
			} catch {
				// One that cannot be asked cannot be looked after; its disk is as after a power cut, and the VM is off.
				await killProcess(pid);
				return undefined;
			}
		},

		storageBytes: () =>
			fs.stat(files.disk).then(
				// POSIX leaves the unit open; Linux, macOS and the BSDs count in 512 bytes, whatever the file system's.
				({blocks}) => blocks * 512,
				error => (isErrno(error, 'ENOENT') ? 0 : null),
			),
	};
}

/** @returns 7.02 for «version 7.2.22» */
export async function readQemuVersion(binary: string): Promise<number> {
	const stdout = await runProgram(binary, ['--version'], {timeoutMs: 10_000}).catch((error: unknown) => {
		throw new ApiError('VM_001', `QEMU cannot be started: ${binary} was not found or does not run.`, {
			hint: 'Install what is missing with: golem setup',
			cause: error,
		});
	});
	const match = /version (\d+)\.(\d+)/.exec(stdout);
	return Number(match?.[1] ?? 0) + Number(match?.[2] ?? 0) / 100;
}

/** Only root can make connections as somebody else; QEMU knows such cards since 7.2. */
function canHaveUplink(qemuVersion: number): boolean {
	return process.platform === 'linux' && process.getuid?.() === 0 && qemuVersion >= 7.02;
}

function dropTarget(spec: ExeUnitSpec): number | undefined {
	return process.getuid?.() === 0 ? firstVmUserId + spec.proxy.port : undefined;
}

/** An overlay over the image's own disk: it takes no space until the guest writes. */
async function createDisk(file: string, image: InstalledImage, storageGb: number): Promise<void> {
	if (await fileExists(file)) {
		return;
	}

	const base = path.join(image.folder, image.disk.file);
	// Made under another name: a disk that is there is a whole one, whenever we were killed.
	const unfinished = `${file}.new`;
	await runProgram(
		'qemu-img',
		['create', '-q', '-f', 'qcow2', '-b', base, '-F', image.disk.format, unfinished, `${storageGb}G`],
		{timeoutMs: 60_000},
	);
	const handle = await fs.open(unfinished, 'r+');
	await handle.sync();
	await handle.close();
	await fs.rename(unfinished, file);
}
