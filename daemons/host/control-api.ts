import type http from 'node:http';
import * as z from 'zod';
import {followLog, type LogFiles, readLastLines} from '../../source/platform/log-reader.js';
import {version} from '../../source/platform/program.js';
import type {DaemonStatus} from '../../source/protocol/control.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {LiveValue} from './live-value.js';
import {type Route, route, type StreamedAnswer} from './router.js';

const heartbeatMs = 10_000;

/** What every daemon's control API has in common. */
export function controlRoutes({
	status,
	changes,
	logFiles,
	shutDown,
}: {
	status: () => DaemonStatus;
	/** Set at each change worth telling; `GET events` sends the status again. */
	changes: LiveValue<unknown>;
	logFiles: LogFiles;
	shutDown: (reason: string) => void;
}): Route[] {
	return [
		route({
			method: 'GET',
			path: '/v1/status',
			summary: 'How this daemon is.',
			handle: () => ({body: status()}),
		}),
		route({
			method: 'GET',
			path: '/v1/events',
			summary: 'The status, and again at each change; one JSON document a line, one at least every 15 s.',
			handle: ({signal}) => ({stream: jsonLines(changes.follow(signal), status, signal)}),
		}),
		route({
			method: 'GET',
			path: '/v1/logs',
			summary: 'The last lines of the log, and those to come with follow=true.',
			query: z.object({
				lines: z.coerce.number().int().min(0).max(10_000).default(100),
				follow: z.enum(['true', 'false']).default('false'),
			}),
			handle: ({query, signal}) => ({
				stream: {
					contentType: 'application/x-ndjson',
					chunks:
						query.follow === 'true' ? followLog(logFiles, query, signal) : readLastLines(logFiles, query),
				},
			}),
		}),
		route({
			method: 'POST',
			path: '/v1/shutdown',
			summary: 'Ends this daemon.',
			handle: () => ({
				status: 202,
				body: {status: 'shutting-down', pid: process.pid},
				afterwards: () => shutDown('asked to by its control socket'),
			}),
		}),
	];
}

/** A control socket is for local programs: what a browser was talked into sending is refused. */
export function refuseBrowsers(incoming: http.IncomingMessage): void {
	if (incoming.headers.origin !== undefined || incoming.headers.referer !== undefined) {
		throw new ApiError('AUTH_004', 'The control API does not answer web pages.');
	}
}

/** Status fields that are the same for every daemon. */
export function commonStatus(name: string, startedAt: Date, listening: string) {
	return {
		name,
		pid: process.pid,
		version,
		started_at: startedAt.toISOString(),
		listening,
	};
}

/** Sends `read()` at every change and as a heartbeat, as one JSON document a line. */
export function jsonLines(
	changes: AsyncGenerator<unknown>,
	read: () => unknown,
	signal: AbortSignal,
): StreamedAnswer {
	return {
		contentType: 'application/x-ndjson',
		chunks: withHeartbeat(changes, () => `${JSON.stringify(read())}\n`, signal),
	};
}

/** One chunk at each change, and one at least every ten seconds, so that a reader can tell silence from death. */
export async function* withHeartbeat<Change>(
	changes: AsyncGenerator<Change>,
	write: (change: Change | undefined) => string,
	signal: AbortSignal,
): AsyncGenerator<string> {
	let next = changes.next();
	try {
		while (!signal.aborted) {
			let timer: NodeJS.Timeout | undefined;
			const silence = new Promise<'silence'>(resolve => {
				timer = setTimeout(resolve, heartbeatMs, 'silence');
			});
			const winner = await Promise.race([next, silence]);
			clearTimeout(timer);
			if (winner === 'silence') {
				yield write(undefined);
				continue;
			}

			if (winner.done) {
				return;
			}

			yield write(winner.value);
			next = changes.next();
		}
	} finally {
		await changes.return(undefined);
	}
}
