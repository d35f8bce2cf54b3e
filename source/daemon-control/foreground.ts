import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import type {Context} from '../command-line/context.js';
import {startFaultSchema} from '../platform/detached-process.js';
import {ensurePrivateFolder} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {processEntry} from '../platform/program.js';
import {pollUntil} from '../platform/waiting.js';
import {controlOf, findDaemon} from './daemon-control.js';
import {readLogSince} from './log-file.js';

const lastLines = 20;
const lookMs = 100;

/** The daemon as a child that shares this terminal; Ctrl-C reaches both, and its exit status is ours. */
export async function runInForeground(
	name: DaemonName,
	context: Context,
	environment: NodeJS.ProcessEnv,
): Promise<number> {
	if (context.isJson) {
		return runForScripts(name, context, environment);
	}

	const child = spawnDaemon(name, environment, 'inherit');
	endWith(context.signal, child);
	return endOf(child, context.signal);
}

/**
With `--json`: its status at each change, one document a line. Its log is in its file only.
@throws what kept it from starting, or why it ended by itself
*/
async function runForScripts(
	name: DaemonName,
	{paths, signal, line}: Context,
	environment: NodeJS.ProcessEnv,
): Promise<number> {
	const log = paths.daemonLog(name);
	await ensurePrivateFolder(path.dirname(log));
	const output = await fs.open(log, 'a', 0o600);
	const {size: logStart} = await output.stat();
	const child = spawnDaemon(name, environment, ['ignore', output.fd, output.fd, 'ipc']);
	await output.close();
	endWith(signal, child);
	let fault: GolemError | undefined;
	child.on('message', message => {
		fault ??= readFault(message);
	});
	const following = new AbortController();
	const followed = followChild(name, child, paths, {
		signal: AbortSignal.any([signal, following.signal]),
		tell: status => line(JSON.stringify({event: 'status', ...status})),
	});
	const ended = endOf(child, signal);
	try {
		// One that is to end is not followed any more, and waited for.
		const exitCode = await Promise.race([
			ended,
			followed.catch((error: unknown) => (signal.aborted ? ended : Promise.reject(error))),
		]);
		if (exitCode === exitCodes.done || signal.aborted) {
			return exitCode;
		}

		throw fault ?? (await describeEnd(name, log, logStart, exitCode));
	} finally {
		// Also where something of ours has failed: nobody would watch it any more.
		child.kill('SIGTERM');
		following.abort();
		await followed.catch(() => {});
	}
}

function spawnDaemon(
	name: DaemonName,
	environment: NodeJS.ProcessEnv,
	stdio: 'inherit' | Array<'ignore' | 'ipc' | number>,
): ChildProcess {
	return spawn(process.execPath, [...process.execArgv, processEntry(name)], {stdio, env: environment});
}

function endWith(signal: AbortSignal, child: ChildProcess): void {
	signal.addEventListener('abort', () => child.kill('SIGTERM'), {once: true});
	if (signal.aborted) {
		child.kill('SIGTERM');
	}
}

/** Its exit status, once all that it had to say has come. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<number> {
	const disconnected = child.connected ? once(child, 'disconnect') : undefined;
	const [code, killer]: unknown[] = await once(child, 'exit');
	await disconnected;
	// One that had not yet begun to listen for it has nothing to tidy up.
	const wasAsked = signal.aborted && killer === 'SIGTERM';
	return typeof code === 'number' ? code : wasAsked ? exitCodes.done : exitCodes.failed;
}

/** Never resolves: it tells until the signal. Where another daemon runs, the socket is that one's. */
async function followChild(
	name: DaemonName,
	child: ChildProcess,
	paths: Paths,
	{signal, tell}: {signal: AbortSignal; tell: (status: object) => void},
): Promise<never> {
	const isOurs = () => findDaemon(name, paths).then(status => status?.pid === child.pid || undefined);
	let last: object | undefined;
	for (;;) {
		await pollUntil(isOurs, {timeoutMs: Number.POSITIVE_INFINITY, intervalMs: lookMs, signal});
		try {
			for await (const status of controlOf(name, paths).events(signal)) {
				if (!isDeepStrictEqual(status, last)) {
					tell(status);
					last = status;
				}
			}
		} catch (error) {
			if (!(error instanceof GolemError)) {
				throw error;
			}
		}
	}
}

function readFault(message: unknown): GolemError | undefined {
	const parsed = startFaultSchema.safeParse(message);
	if (!parsed.success) {
		return undefined;
	}

	const {code, message: text, hint, exitCode} = parsed.data.error;
	return new GolemError(code, text, {hint, exitCode});
}

async function describeEnd(
	name: DaemonName,
	log: string,
	logStart: number,
	exitCode: number,
): Promise<GolemError> {
	return new GolemError('DAEMON_ENDED', `The ${name} has ended by itself, with exit status ${exitCode}.`, {
		details: {log: (await readLogSince(log, logStart)).slice(-lastLines)},
		hint: `See all of its log with: golem ${name} logs`,
	});
}
