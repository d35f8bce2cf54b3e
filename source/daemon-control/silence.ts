import fs from 'node:fs/promises';
import path from 'node:path';
import {readFileIfThere} from '../platform/files.js';
import {GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {isProcessAlive} from '../platform/process.js';
import {findService, isRunBy} from './service.js';

/** Is it that the daemon is there, and takes what it is asked, but does not answer in time? */
export function isSilence(error: unknown): error is GolemError {
	return error instanceof GolemError && error.code === 'NET_001';
}

/**
What a question to a daemon came to; where it did not answer in time, with what can be done about its process. To start
it, as one does with a daemon that is not there, would not help: the old one has its lock.
*/
export async function explainSilence(name: DaemonName, paths: Paths, error: unknown): Promise<unknown> {
	if (!isSilence(error)) {
		return error;
	}

	const {code, message, exitCode, details, cause} = error;
	const pid = await lockHolder(name, paths);
	if (pid === undefined) {
		return new GolemError(code, message, {
			exitCode,
			details,
			hint: `Something has its socket open: ${paths.daemonSocket(name)}. See what it did last with: golem ${name} logs`,
			cause,
		});
	}

	return new GolemError(code, `${message} It runs, with pid ${pid}.`, {
		exitCode,
		details: {...details, pid},
		hint: `See what it did last with: golem ${name} logs\n  ${await wayOut(name, paths, pid)}`,
		cause,
	});
}

async function wayOut(name: DaemonName, paths: Paths, pid: number): Promise<string> {
	if (await isPaused(pid)) {
		return `It was paused by a signal. Have it go on with: kill -CONT ${pid}`;
	}

	const rest = name === 'provider' ? ', and its VMs go on' : '';
	const service = await findService(name, paths);
	return service && (await isRunBy(service, pid))
		? `systemd ends it and starts it anew with: golem ${name} restart`
		: `It is ended with: kill -9 ${pid} (its port and its lock are free then${rest})`;
}

/** The process that has the daemon's lock, by the file it keeps beside it; undefined where that is another one now. */
export async function lockHolder(name: DaemonName, paths: Paths): Promise<number | undefined> {
	const pid = Number(await readFileIfThere(`${paths.daemonLock(name)}.pid`));
	const entry = path.join('daemons', name, 'main');
	return Number.isInteger(pid) && pid > 0 && (await isProcessAlive(pid, entry)) ? pid : undefined;
}

/** By a signal (Ctrl-Z, `kill -STOP`) or a debugger. Only Linux tells. */
async function isPaused(pid: number): Promise<boolean> {
	const status = await fs.readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
	return /^State:\s*[Tt]/m.test(status);
}
