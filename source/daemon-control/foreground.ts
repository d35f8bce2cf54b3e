import {isDeepStrictEqual} from 'node:util';
import type {Context} from '../command-line/context.js';
import {GolemError} from '../platform/golem-error.js';
import type {DaemonName} from '../platform/paths.js';
import {runFollowedDaemon, startDaemonChild} from './daemon-child.js';
import {controlOf} from './daemon-control.js';

/**
The daemon as a child that shares this terminal; Ctrl-C reaches both, and its exit status is ours. With `--json`: its status
at each change, one document a line, and its log in its file only.
*/
export async function runInForeground(
	name: DaemonName,
	{paths, signal, line, isJson}: Context,
	environment: NodeJS.ProcessEnv,
): Promise<number> {
	if (!isJson) {
		return startDaemonChild(name, {environment, signal}, 'inherit').ended;
	}

	let last: object | undefined;
	return runFollowedDaemon(name, {
		paths,
		environment,
		signal,
		isJson,
		async follow(untilEnd) {
			try {
				for await (const status of controlOf(name, paths).events(untilEnd)) {
					if (!isDeepStrictEqual(status, last)) {
						line(JSON.stringify({event: 'status', ...status}));
						last = status;
					}
				}
			} catch (error) {
				if (!(error instanceof GolemError)) {
					throw error;
				}
			}
		},
	});
}
