import {type ControlClient, createControlClient} from '../client/control-client.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {isProcessAlive} from '../platform/process.js';
import {processEntry} from '../platform/program.js';
import {pollUntil} from '../platform/waiting.js';
import type {DaemonStatus} from '../protocol/control.js';
import {logSize, readLogSince} from './log-file.js';

const readyTimeoutMs = 30_000;
/** So long one that somebody else has begun to start in the same moment may take to answer. */
const otherTimeoutMs = 5000;
const stopTimeoutMs = 30_000;
/** A stop that takes longer is told of. */
const slowStopMs = 1000;
const lastLines = 20;

/** Flags of a command on their way to the daemon it starts; undefined ones were not given. */
export type DaemonFlags = Readonly<Record<string, unknown>>;

/** The environment for a daemon: this one's, the flags, and the folder its `.env` is in. */
export function daemonEnvironment(
	paths: Paths,
	flags: DaemonFlags,
	environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
	return {
		...environment,
		GOLEM_HOME: paths.home,
		GOLEM_FLAGS: JSON.stringify(flags),
		GOLEM_WORKING_FOLDER: process.cwd(),
	};
}

/**
Starts a daemon that goes on when this program ends, and waits until it is ready. One that runs already is left alone.
@returns its status, and whether this call has started it
@throws why it did not start; the details have the last lines of its log as `log`
*/
export async function startDaemon(
	name: DaemonName,
	paths: Paths,
	environment: NodeJS.ProcessEnv,
	signal?: AbortSignal,
): Promise<{status: DaemonStatus; wasRunning: boolean}> {
	const running = await findDaemon(name, paths);
	if (running) {
		return {status: running, wasRunning: true};
	}

	const {startDetachedProcess} = await import('../platform/detached-process.js');
	const logFile = paths.daemonLog(name);
	const logStart = await logSize(logFile);
	try {
		await startDetachedProcess({
			entry: processEntry(name),
			args: [],
			environment,
			outputFile: logFile,
			readyTimeoutMs,
			signal,
		});
		return {status: await controlOf(name, paths).status(signal), wasRunning: false};
	} catch (error) {
		const other =
			error instanceof GolemError && error.code === 'ALREADY_RUNNING'
				? await pollUntil(() => findDaemon(name, paths), {
						timeoutMs: otherTimeoutMs,
						intervalMs: 100,
						signal,
					})
				: undefined;
		if (other) {
			return {status: other, wasRunning: true};
		}

		throw error instanceof GolemError && !signal?.aborted
			? await withLog(error, name, logFile, logStart)
			: error;
	}
}

/** The same error, with what the daemon has written of its start. */
async function withLog(
	error: GolemError,
	name: DaemonName,
	logFile: string,
	logStart: number,
): Promise<GolemError> {
	const log = (await readLogSince(logFile, logStart)).slice(-lastLines);
	const {code, exitCode, details, cause} = error;
	// One that died without a word has its last lines in the message as well.
	const message = code === 'START_FAILED' ? (error.message.split('\n')[0] ?? '') : error.message;
	return new GolemError(code, message, {
		exitCode,
		details: {...details, log},
		hint: error.hint ?? `See all of its log with: golem ${name} logs`,
		cause,
	});
}

export function controlOf(name: DaemonName, paths: Paths): ControlClient {
	return createControlClient(name, paths.daemonSocket(name));
}

/** The status of a daemon, or undefined where none runs. */
export async function findDaemon(name: DaemonName, paths: Paths): Promise<DaemonStatus | undefined> {
	try {
		return await controlOf(name, paths).status();
	} catch (error) {
		if (error instanceof GolemError && error.code === 'NOT_REACHABLE') {
			return undefined;
		}

		throw await explain(name, paths, error);
	}
}

/**
Asks a daemon to end and waits until its process is gone.
@param onSlow called once where that takes longer than a moment
@returns its pid, or undefined where none ran
*/
export async function stopDaemon(
	name: DaemonName,
	paths: Paths,
	{onSlow, signal}: {onSlow?: (pid: number) => void; signal?: AbortSignal} = {},
): Promise<number | undefined> {
	const pid = await askToEnd(name, paths, signal);
	if (pid === undefined) {
		return undefined;
	}

	const slow = setTimeout(() => onSlow?.(pid), slowStopMs);
	const gone = await pollUntil(async () => ((await isProcessAlive(pid)) ? undefined : true), {
		timeoutMs: stopTimeoutMs,
		intervalMs: 50,
		signal,
	}).finally(() => clearTimeout(slow));
	if (!gone) {
		throw new GolemError('STOP_TIMED_OUT', `The ${name} (pid ${pid}) has not ended.`, {
			exitCode: exitCodes.timedOut,
			hint: `See why with: golem ${name} logs — or end it at once with: kill -9 ${pid}`,
		});
	}

	return pid;
}

/** Whatever its version: the answer to this has its pid, which is all that is needed. */
async function askToEnd(name: DaemonName, paths: Paths, signal?: AbortSignal): Promise<number | undefined> {
	try {
		return (await controlOf(name, paths).shutDown(signal)).pid;
	} catch (error) {
		if (error instanceof GolemError && error.code === 'NOT_REACHABLE') {
			return undefined;
		}

		throw await explain(name, paths, error);
	}
}

/** Loaded where there is something to explain. */
async function explain(name: DaemonName, paths: Paths, error: unknown): Promise<unknown> {
	const {explainSilence} = await import('./silence.js');
	return explainSilence(name, paths, error);
}
