import {spawn} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {fileExists, readFileIfThere} from '../../../source/platform/files.js';
import type {Log} from '../../../source/platform/log.js';
import {findProcesses, isProcessAlive, killProcess} from '../../../source/platform/process.js';
import {pollUntil} from '../../../source/platform/waiting.js';
import {closeHostToGuests} from './firewall.js';

/*
A guest's way to the internet: a second network card whose other end is passt, a program that turns the guest's
connections into its own. passt runs as a user that nothing else belongs to, and for that user the kernel's firewall
drops whatever is not the internet: this machine's own addresses, its networks, all private ranges. Where any part of
this is missing (no root, no nftables, no passt) there is no uplink, and the guest reaches nothing at all.
*/

/** The guest's side of the card, for the seed. The network is a guest's own, so all have the same. */
export const uplinkNetwork = {address: '10.77.0.2/24', gateway: '10.77.0.1', dns: '10.77.0.53'} as const;

const readyTimeoutMs = 3000;

export type UplinkOptions = {
	/** For passt's socket; made here, and the VM's own. */
	folder: string;
	processIdFile: string;
	/** The user and group passt becomes; one a VM, within the firewall's range. */
	userId: number;
	log: Log;
};

/** A running passt. */
export type Uplink = {
	/** Where QEMU finds it. */
	socketFile: string;
	close(): Promise<void>;
};

/** Opens the uplink, or tells the log why there is none. */
export async function openUplink(options: UplinkOptions): Promise<Uplink | undefined> {
	const {folder, processIdFile, userId, log} = options;
	const socketFile = socketIn(folder);
	try {
		await closeUplink(options);
		await closeHostToGuests();
		await fs.mkdir(path.dirname(folder), {recursive: true, mode: 0o711});
		await fs.mkdir(folder, {mode: 0o700});
		await fs.chown(folder, userId, userId);
		const child = spawn('passt', passtArguments(socketFile, userId), {
			detached: true,
			stdio: 'ignore',
			cwd: '/',
			env: {PATH: process.env['PATH'], GOLEM_HOME: process.env['GOLEM_HOME']},
		});
		const ended = new Promise<string>(resolve => {
			child.once('error', error => resolve(error.message));
			child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
		});
		child.unref();
		const isReady = await Promise.race([
			pollUntil(async () => (await fileExists(socketFile)) || undefined, {
				timeoutMs: readyTimeoutMs,
				intervalMs: 10,
			}),
			ended.then(() => false),
		]);
		if (!isReady || child.pid === undefined) {
			throw new Error(`passt did not start as user ${userId}`);
		}

		await fs.writeFile(processIdFile, String(child.pid), {mode: 0o600});
		return {socketFile, close: () => closeUplink(options)};
	} catch (error) {
		log.warn({err: error}, 'the guest gets no way to the internet');
		await closeUplink(options).catch((err: unknown) =>
			log.warn({err}, 'what is left of passt could not be ended'),
		);
		return undefined;
	}
}

/** The uplink of a VM that was found running. */
export async function findUplink(options: UplinkOptions): Promise<Uplink | undefined> {
	const socketFile = socketIn(options.folder);
	const pid = Number(await readFileIfThere(options.processIdFile));
	return pid && (await isProcessAlive(pid, socketFile))
		? {socketFile, close: () => closeUplink(options)}
		: undefined;
}

async function closeUplink({folder, processIdFile}: UplinkOptions): Promise<void> {
	// It names its folder; the file with its id may never have been written.
	for (const {pid} of await findProcesses(`${folder}/`, {hidesItself: true})) {
		await killProcess(pid);
	}

	await Promise.all([fs.rm(folder, {recursive: true, force: true}), fs.rm(processIdFile, {force: true})]);
}

function socketIn(folder: string): string {
	return path.join(folder, 'net.sock');
}

/** `--one-off` would spare us the clean-up, but makes the passt of Debian 12 end at once. */
function passtArguments(socketFile: string, userId: number): string[] {
	const {address, gateway, dns} = uplinkNetwork;
	const [ip = '', prefix = ''] = address.split('/');
	return [
		['--foreground', '--quiet', '--ipv4-only'],
		['--socket', socketFile],
		['--runas', `${userId}:${userId}`],
		['--address', ip, '--netmask', prefix, '--gateway', gateway],
		['--dns-forward', dns],
		['--no-map-gw'],
		['--tcp-ports', 'none', '--udp-ports', 'none'],
	].flat();
}
