import type {ChildProcess} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import type {Context} from '../command-line/context.js';
import {controlOf, findDaemon} from '../daemon-control/daemon-control.js';
import {ensurePrivateFolder} from '../platform/files.js';
import {exitCodes} from '../platform/golem-error.js';
import type {Paths} from '../platform/paths.js';
import {pollUntil} from '../platform/waiting.js';
import {followProvider, type ProviderListener} from './follow-provider.js';
import {createNarrator, type ProviderView} from './ports-lines.js';
import {describeEnd, endOf, listenForFault, spawnProvider} from './provider-child.js';
import {readProviderStatus} from './provider-status.js';

/** `golem provider` without a terminal: what happens as lines on stdout; the daemon's log on stderr. */
export async function hostInLines(context: Context, environment: NodeJS.ProcessEnv): Promise<number> {
	const {paths, signal, isQuiet, line} = context;
	const narrate = createNarrator();
	const view: ProviderView = {report: undefined, status: undefined};
	const tell = (change: Partial<ProviderView>) => {
		Object.assign(view, change);
		for (const text of isQuiet ? [] : narrate(view)) {
			line(text);
		}
	};
	const child = spawnProvider(environment, ['ignore', 'ignore', 'inherit']);
	return whileItRuns(child, paths, signal, {
		onReport: report => tell({report}),
		onStatus: status => tell({status: readProviderStatus(status)}),
	});
}

/**
`golem provider` where its listener tells all that there is to tell, on a screen or to a script: the daemon's log is in its
file only.
@param signal ends the daemon
@throws what kept it from starting, or why it ended by itself
*/
export async function hostUnderScreen(
	{paths, environment, signal}: {paths: Paths; environment: NodeJS.ProcessEnv; signal: AbortSignal},
	listener: ProviderListener,
): Promise<number> {
	const log = paths.daemonLog('provider');
	await ensurePrivateFolder(path.dirname(log));
	const output = await fs.open(log, 'a', 0o600);
	const {size: logStart} = await output.stat();
	// A daemon with somebody to tell how its start went keeps its log off the terminal.
	const child = spawnProvider(environment, ['ignore', output.fd, output.fd, 'ipc']);
	await output.close();
	const startFault = listenForFault(child);
	const exitCode = await whileItRuns(child, paths, signal, listener);
	if (exitCode === exitCodes.done || signal.aborted) {
		return exitCode;
	}

	throw (await startFault()) ?? (await describeEnd(exitCode, log, logStart));
}

/** Follows it until its process has ended, and ends that when the signal says so. @returns its exit status */
async function whileItRuns(
	child: ChildProcess,
	paths: Paths,
	signal: AbortSignal,
	listener: ProviderListener,
): Promise<number> {
	const following = new AbortController();
	const ended = endOf(child, signal);
	// One that is to end waits a while for those who still listen to it.
	const followed = followChild(child, paths, listener, AbortSignal.any([following.signal, signal]));
	try {
		return await Promise.race([ended, followed.then(() => ended)]);
	} catch (error) {
		// Nobody would watch it any more.
		child.kill('SIGTERM');
		throw error;
	} finally {
		following.abort();
		await followed.catch(() => {});
	}
}

/** Where another provider runs, the socket is that one's, and ours is about to say so and end. */
async function followChild(
	child: ChildProcess,
	paths: Paths,
	listener: ProviderListener,
	signal: AbortSignal,
): Promise<void> {
	const control = controlOf('provider', paths);
	const isOurs = () => findDaemon('provider', paths).then(status => status?.pid === child.pid || undefined);
	try {
		await pollUntil(isOurs, {timeoutMs: Number.POSITIVE_INFINITY, intervalMs: 100, signal});
		await followProvider(control, listener, signal);
	} catch (error) {
		if (!signal.aborted) {
			throw error;
		}
	}
}
