import {setTimeout as sleep} from 'node:timers/promises';
import {readableLogLine} from '../../platform/log-line.js';
import {createLogReader, daemonLogFiles} from '../../platform/log-reader.js';
import type {DaemonName, Paths} from '../../platform/paths.js';
import {answersOnUnixSocket} from '../../platform/unix-socket.js';

/** Of what was written before anybody looked. */
const leftLines = 500;
const lookMs = 250;

/** The log of a daemon as it is written, over its ends and starts, until the signal. Remarks of ours are in brackets. */
export async function* followDaemonLog(
	name: DaemonName,
	paths: Paths,
	signal: AbortSignal,
): AsyncGenerator<string> {
	const log = createLogReader(() => daemonLogFiles(name, paths), {lines: leftLines});
	let ranBefore: boolean | undefined;
	while (!signal.aborted) {
		// Asked first, so that the last words of one that has ended come before the remark.
		const runs = await answersOnUnixSocket(paths.daemonSocket(name));
		const text = await log.read();
		yield* text.split('\n').filter(Boolean).map(readableLogLine);
		if (!runs && ranBefore !== false) {
			yield ranBefore ? `(the ${name} has ended)` : `(the ${name} does not run; this is what it has left)`;
		}

		ranBefore = runs;
		if (text === '') {
			await sleep(lookMs, undefined, {signal}).catch(() => {});
		}
	}
}
