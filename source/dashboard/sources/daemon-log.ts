import fs from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {controlOf} from '../../daemon-control/daemon-control.js';
import {readableLogLine} from '../../platform/log-line.js';
import type {DaemonName, Paths} from '../../platform/paths.js';

/** Of what was written before anybody looked. */
const leftLines = 500;
const retryMs = 500;

/** The log of a daemon as it is written, over its ends and starts, until the signal. Remarks of ours are in brackets. */
export async function* followDaemonLog(
	name: DaemonName,
	paths: Paths,
	signal: AbortSignal,
): AsyncGenerator<string> {
	let hasShown = false;
	let shownUntil = '';
	for (let isFirst = true; !signal.aborted; isFirst = false) {
		let hasSpoken = false;
		let isNew = !hasShown;
		try {
			for await (const entry of controlOf(name, paths).logs({lines: leftLines, follow: true}, signal)) {
				hasSpoken = true;
				const time = timeOf(entry);
				// A daemon that was started again begins with lines from before its end.
				isNew ||= time > shownUntil;
				if (isNew && entry !== '') {
					hasShown = true;
					shownUntil = time || shownUntil;
					yield readableLogLine(entry);
				}
			}
		} catch {
			// That it has gone, or is not there, is told below.
		}

		if (signal.aborted) {
			return;
		}

		if (hasSpoken) {
			yield `(the ${name} has ended)`;
		} else if (isFirst) {
			const left = await lastEntries(paths.daemonLog(name));
			hasShown = left.length > 0;
			shownUntil = left.map(timeOf).findLast(Boolean) ?? '';
			yield* left.map(readableLogLine);
			yield `(the ${name} does not run; this is what it has left)`;
		}

		await sleep(retryMs, undefined, {signal}).catch(() => {});
	}
}

/** When a line of JSON was written, in a form that can be compared; empty for other text. */
function timeOf(entry: string): string {
	return /"time":"([^"]+)"/.exec(entry)?.[1] ?? '';
}

async function lastEntries(file: string): Promise<string[]> {
	const text = await fs.readFile(file, 'utf8').catch(() => '');
	return text.split('\n').filter(Boolean).slice(-leftLines);
}
