import {type ChildProcess, spawn} from 'node:child_process';
import fs from 'node:fs/promises';
import {isErrno, readFileIfThere} from '../../../source/platform/files.js';
import {killProcess, waitUntilProcessGone} from '../../../source/platform/process.js';
import {deadlineSignal, pollUntil} from '../../../source/platform/waiting.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import type {RunningVm, VmEnd} from '../driver.js';
import {followConsole} from './console.js';
import {withGuestAgent} from './guest-agent.js';
import {createQemuMeter} from './qemu-meter.js';
import {connectQmp, type Qmp} from './qmp.js';

const monitorTimeoutMs = 10_000;
const killTimeoutMs = 5000;
const agentTimeoutMs = 5000;

/** Starts QEMU in a session of its own; what it prints goes to a file. */
export async function startQemu({
	binary,
	args,
	outputFile,
}: {
	binary: string;
	args: string[];
	outputFile: string;
}) {
	const output = await fs.open(outputFile, 'w', 0o600);
	const child: ChildProcess = spawn(binary, args, {
		detached: true,
		stdio: ['ignore', output.fd, output.fd],
		cwd: '/',
		env: {PATH: process.env['PATH']},
	});
	await output.close();
	const exited = new Promise<string>((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit code ${code}`));
	});
	if (child.pid === undefined) {
		await exited;
		throw new ApiError('VM_001', `${binary} has no process id.`);
	}

	child.unref();
	return {pid: child.pid, exited};
}

/** Connects to the monitor as soon as QEMU has opened it. @param exited how QEMU ended; where it is known, no time is lost */
export async function waitForMonitor(
	file: string,
	exited?: Promise<string>,
	signal?: AbortSignal,
): Promise<Qmp> {
	let end: string | undefined;
	exited?.then(
		reason => {
			end = reason;
		},
		() => {},
	);
	const qmp = await pollUntil(
		async () => {
			if (end !== undefined) {
				throw new ApiError('VM_001', `QEMU ended while starting (${end}).`);
			}

			return connectQmp(file).catch((error: unknown) => {
				if (isErrno(error, 'ENOENT', 'ECONNREFUSED')) {
					return undefined;
				}

				throw error;
			});
		},
		{timeoutMs: monitorTimeoutMs, intervalMs: 20, signal},
	);
	if (!qmp) {
		throw new ApiError('VM_001', `QEMU did not open its monitor in ${monitorTimeoutMs / 1000} s.`);
	}

	return qmp;
}

/** The loopback port QEMU chose for the guest's port 22; only the human monitor tells it. */
export async function readForwardedPort(qmp: Qmp): Promise<number> {
	const table = String(await qmp.execute('human-monitor-command', {'command-line': 'info usernet'}));
	const match = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s/.exec(table);
	if (!match) {
		throw new ApiError('VM_001', 'QEMU did not say which port leads to the guest.');
	}

	return Number(match[1]);
}

export type SupervisedQemu = {
	pid: number;
	sshPort: number;
	qmp: Qmp;
	/** Unix sockets. */
	consoleFile: string;
	agentFile: string;
	/** Who logs in. */
	guestUser: string;
	/** How it ended; undefined of one that somebody else started. */
	exited?: Promise<string> | undefined;
};

/** A running QEMU as the supervisor deals with it. */
export function superviseVm({
	pid,
	sshPort,
	qmp,
	consoleFile,
	agentFile,
	guestUser,
	exited,
}: SupervisedQemu): RunningVm {
	const console = followConsole(consoleFile);
	let asked = false;
	qmp.onEvent((event, data) => {
		// The guest turned itself off; a host that shuts QEMU down by a signal says `guest: false`.
		if (event === 'SHUTDOWN' && data['guest'] === true) {
			asked = true;
		}
	});
	const ended: Promise<VmEnd> = qmp.closed.then(async () => {
		// A monitor that broke off is no end of the VM's: it is made one.
		if (!(await waitUntilProcessGone(pid, killTimeoutMs))) {
			await killProcess(pid);
		}

		const how = (await exited) ?? 'gone';
		return {asked, reason: asked ? 'turned off' : (console.failure() ?? `QEMU ended (${how})`)};
	});
	const endedWithin = async (timeoutMs: number) => {
		const deadline = deadlineSignal(timeoutMs);
		const timedOut = new Promise<false>(resolve => {
			deadline.addEventListener('abort', () => resolve(false), {once: true});
		});
		return Promise.race([ended.then(() => true), timedOut]);
	};
	const kill = async () => {
		asked = true;
		// «quit» flushes the disk; a QEMU that does not listen any more is killed. Its refusal is its end.
		qmp.execute('quit').catch(() => {});
		if (!(await endedWithin(killTimeoutMs))) {
			await killProcess(pid);
			await ended;
		}
	};

	return {
		pid,
		ssh: {host: '127.0.0.1', port: sshPort},
		// One that was found running has said so before, to somebody else.
		guestReady: exited === undefined ? Promise.resolve() : console.ready,
		ended,
		measure: createQemuMeter({pid, qmp}),
		consoleLog: console.lines,
		kill,
		async stop(graceMs) {
			asked = true;
			// The power button first; a guest that has no ear for it may have an agent. Then it is not asked any more.
			qmp.execute('system_powerdown').catch(() => {});
			if (await endedWithin(graceMs / 3)) {
				return;
			}

			await withGuestAgent(agentFile, deadlineSignal(agentTimeoutMs), async agent => {
				agent.send('guest-shutdown', {mode: 'powerdown'});
			}).catch(() => {});
			if (!(await endedWithin((graceMs * 2) / 3))) {
				await kill();
			}
		},
		async addSshKeys(keys) {
			await withGuestAgent(agentFile, deadlineSignal(agentTimeoutMs), agent =>
				agent.execute('guest-ssh-add-authorized-keys', {username: guestUser, keys: [...keys]}),
			);
		},
	};
}

/** @param end how QEMU ended by itself; undefined where it did not */
export async function describeStartFault(
	error: unknown,
	end: string | undefined,
	outputFile: string,
): Promise<unknown> {
	if (end === undefined) {
		return error;
	}

	const output = ((await readFileIfThere(outputFile)) ?? '').trim().split('\n').filter(Boolean);
	return new ApiError('VM_001', `QEMU ended while starting (${end}). ${output.at(-1) ?? ''}`.trimEnd(), {
		cause: error,
		details: {log: output.slice(-20)},
	});
}
