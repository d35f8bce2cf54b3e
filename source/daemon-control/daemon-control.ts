import {type ControlClient, createControlClient} from '../client/control-client.js';
import {startDetachedProcess} from '../platform/detached-process.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {isProcessAlive} from '../platform/process.js';
import {processEntry} from '../platform/program.js';
import {pollUntil} from '../platform/waiting.js';
import type {DaemonStatus} from '../protocol/control.js';

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 30_000;

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

	await startDetachedProcess({
		entry: processEntry(name),
		args: [],
		environment,
		outputFile: paths.daemonLog(name),
		readyTimeoutMs,
		signal,
	});
	return {status: await controlOf(name, paths).status(signal), wasRunning: false};
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

		throw error;
	}
}

/**
Asks a daemon to end and waits until its process is gone.
@returns its pid, or undefined where none ran
*/
export async function stopDaemon(name: DaemonName, paths: Paths): Promise<number | undefined> {
	const running = await findDaemon(name, paths);
	if (!running) {
		return undefined;
	}

	await controlOf(name, paths).shutDown();
	const gone = await pollUntil(async () => ((await isProcessAlive(running.pid)) ? undefined : true), {
		timeoutMs: stopTimeoutMs,
		intervalMs: 50,
	});
	if (!gone) {
		throw new GolemError('STOP_TIMED_OUT', `The ${name} (pid ${running.pid}) has not ended.`, {
			exitCode: exitCodes.timedOut,
			hint: `See why with: golem ${name} logs`,
		});
	}

	return running.pid;
}
