import {type ChildProcess, spawn} from 'node:child_process';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {lookForReader} from '../command-line/reader.js';
import {startFaultSchema} from '../platform/detached-process.js';
import {ensurePrivateFolder, openToAppend} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {processEntry} from '../platform/program.js';
import {pollUntil} from '../platform/waiting.js';
import {findDaemon} from './daemon-control.js';
import {readLogSince} from './log-file.js';

const stopTimeoutMs = 30_000;
const lastWordMs = 1000;
const lookMs = 100;
const lastLines = 20;

/** A daemon in the foreground: a child of this process, which ends when its signal says so. */
type DaemonChild = {
	name: DaemonName;
	pid: number | undefined;
	stop(): void;
	/** Its exit status, once all that it had to say has come. @throws STOP_TIMED_OUT where it does not end when asked to */
	ended: Promise<number>;
	/** What it said when it could not start. */
	fault(): GolemError | undefined;
};

export type DaemonChildOptions = {
	environment: NodeJS.ProcessEnv;
	/** Ends the daemon. */
	signal: AbortSignal;
};

export function startDaemonChild(
	name: DaemonName,
	{environment, signal}: DaemonChildOptions,
	stdio: 'inherit' | Array<'ignore' | 'inherit' | 'ipc' | number>,
): DaemonChild {
	const child = spawn(process.execPath, [...process.execArgv, processEntry(name)], {stdio, env: environment});
	let fault: GolemError | undefined;
	child.on('message', message => {
		fault ??= readFault(message);
	});
	const ended = new Promise<number>((resolve, reject) => {
		let deadline: NodeJS.Timeout | undefined;
		const stop = () => {
			child.kill('SIGTERM');
			deadline = setTimeout(() => {
				// It must not keep this program waiting too.
				child.unref();
				reject(
					new GolemError('STOP_TIMED_OUT', `The ${name} (pid ${child.pid}) has not ended.`, {
						exitCode: exitCodes.timedOut,
						hint: `See why with: golem ${name} logs`,
					}),
				);
			}, stopTimeoutMs);
		};
		const settle = () => {
			clearTimeout(deadline);
			signal.removeEventListener('abort', stop);
		};
		child.once('error', error => {
			settle();
			reject(error);
		});
		child.once('exit', async (code, killer) => {
			settle();
			// One that had not yet begun to listen for it has nothing to tidy up.
			const wasAsked = signal.aborted && killer === 'SIGTERM';
			await (child.connected && lastWord(child));
			resolve(code ?? (wasAsked ? exitCodes.done : exitCodes.failed));
		});
		signal.addEventListener('abort', stop, {once: true});
		if (signal.aborted) {
			stop();
		}
	});
	// Told to whoever waits for it, who may have given up before.
	ended.catch(() => {});
	return {name, pid: child.pid, stop: () => void child.kill('SIGTERM'), ended, fault: () => fault};
}

type FollowedDaemonOptions = {
	paths: Paths;
	signal: AbortSignal;
	/** Tells what there is to tell until the signal; called again where it returns before. */
	follow: (signal: AbortSignal) => Promise<void>;
};

/** Has it followed until its process has ended. @returns its exit status */
export async function followDaemonChild(
	child: DaemonChild,
	{paths, signal, follow}: FollowedDaemonOptions,
): Promise<number> {
	const following = new AbortController();
	// One that is to end waits a while for those who still listen to it.
	const followed = followUntil(child, paths, follow, AbortSignal.any([following.signal, signal]));
	try {
		return await Promise.race([child.ended, followed.then(() => child.ended)]);
	} catch (error) {
		// Nobody would watch it any more.
		child.stop();
		throw error;
	} finally {
		following.abort();
		await followed.catch(() => {});
	}
}

/** Where another one runs, the socket is that one's, and ours is about to say so and end. */
async function followUntil(
	{name, pid}: DaemonChild,
	paths: Paths,
	follow: FollowedDaemonOptions['follow'],
	signal: AbortSignal,
): Promise<void> {
	const isOurs = () => findDaemon(name, paths).then(status => status?.pid === pid || undefined);
	try {
		while (!signal.aborted) {
			await pollUntil(isOurs, {timeoutMs: Number.POSITIVE_INFINITY, intervalMs: lookMs, signal});
			await follow(signal);
		}
	} catch (error) {
		if (!signal.aborted) {
			throw error;
		}
	}
}

/**
The daemon in the foreground where whoever follows it tells all that there is to tell, on a screen or to a script: its log
is in its file only.
@throws what kept it from starting, or why it ended by itself
*/
export async function runFollowedDaemon(
	name: DaemonName,
	{isJson, ...options}: DaemonChildOptions & FollowedDaemonOptions & {isJson: boolean},
): Promise<number> {
	const log = options.paths.daemonLog(name);
	await ensurePrivateFolder(path.dirname(log));
	const output = await openToAppend(log);
	const {size: logStart} = await output.stat();
	// A daemon with somebody to tell how its start went keeps its log off the terminal.
	const child = startDaemonChild(name, options, ['ignore', output.fd, output.fd, 'ipc']);
	await output.close();
	const stopLooking = isJson ? lookForReader() : undefined;
	const exitCode = await followDaemonChild(child, options).finally(stopLooking);
	if (exitCode === exitCodes.done || options.signal.aborted) {
		return exitCode;
	}

	throw child.fault() ?? describeEnd(name, exitCode, await readLogSince(log, logStart), {isJson});
}

/** It may come after the news of its end, but not after the end of the channel. */
function lastWord(child: ChildProcess): Promise<void> {
	const channelClosed = new Promise<void>(resolve => {
		child.once('disconnect', resolve);
	});
	return Promise.race([channelClosed, sleep(lastWordMs, undefined, {ref: false})]);
}

function readFault(message: unknown): GolemError | undefined {
	const parsed = startFaultSchema.safeParse(message);
	if (!parsed.success) {
		return undefined;
	}

	const {code, message: text, hint, exitCode} = parsed.data.error;
	return new GolemError(code, text, {hint, exitCode});
}

/** Scripts find its last words in the details; people read them. */
function describeEnd(
	name: DaemonName,
	exitCode: number,
	lines: readonly string[],
	{isJson}: {isJson: boolean},
): GolemError {
	const log = lines.slice(-lastLines);
	const message = isJson
		? `The ${name} has ended by itself, with exit status ${exitCode}.`
		: [`The ${name} has ended by itself. Its last words:`, ...log].join('\n');
	const known = Object.values(exitCodes).find(code => code === exitCode);
	return new GolemError('DAEMON_ENDED', message, {
		exitCode: known || exitCodes.failed,
		details: {log},
		hint: `See all of its log with: golem ${name} logs`,
	});
}
