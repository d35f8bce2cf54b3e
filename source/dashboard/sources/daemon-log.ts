import fs from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {controlOf} from '../../daemon-control/daemon-control.js';
import {GolemError} from '../../platform/golem-error.js';
import {readableLogLine} from '../../platform/log-line.js';
import type {DaemonName, Paths} from '../../platform/paths.js';

/** Of what was written before anybody looked. */
const leftLines = 500;
/** More than is handed out again, of several logs and of one. */
const rememberedLines = 4 * leftLines;
const retryMs = 500;

/** The log of a daemon as it is written, over its ends and starts, until the signal. Remarks of ours are in brackets. */
export async function* followDaemonLog(
	name: DaemonName,
	paths: Paths,
	signal: AbortSignal,
): AsyncGenerator<string> {
	const bookmark = createBookmark();
	const file = paths.daemonLog(name);
	let writtenAt: number | undefined;
	for (let isFirst = true; !signal.aborted; isFirst = false) {
		let hasSpoken = false;
		let isSilent = false;
		try {
			const isNew = bookmark.resume();
			for await (const entry of controlOf(name, paths).logs({lines: leftLines, follow: true}, signal)) {
				hasSpoken = true;
				if (isNew(entry)) {
					yield readableLogLine(entry);
				}
			}
		} catch (error) {
			// That it has gone, or is not there, is told below.
			isSilent = error instanceof GolemError && error.code === 'NET_001';
		}

		if (signal.aborted) {
			return;
		}

		// Its last words: nobody hands out what a daemon writes as it falls over.
		const lastWrittenAt = await timeOfChange(file);
		if (hasSpoken || lastWrittenAt !== writtenAt) {
			writtenAt = lastWrittenAt;
			yield* (await lastEntries(file)).filter(bookmark.resume()).map(readableLogLine);
		}

		if (hasSpoken) {
			yield isSilent ? `(the ${name} does not answer)` : `(the ${name} has ended)`;
		} else if (isFirst) {
			yield isSilent
				? `(the ${name} does not answer; this is what it has written)`
				: `(the ${name} does not run; this is what it has left)`;
		}

		await sleep(retryMs, undefined, {signal}).catch(() => {});
	}
}

/**
What was shown of a log, which is handed out again from somewhere before its end, and not always in the same order: a
daemon adds the logs of its VMs to its own.
*/
function createBookmark() {
	const shown: string[] = [];
	return {
		/** @returns whether an entry is a new one; to be asked of each entry, in their order */
		resume(): (entry: string) => boolean {
			const isNew = unlike([...shown]);
			return entry => {
				if (entry === '' || !isNew(entry)) {
					return false;
				}

				shown.push(entry);
				if (shown.length > rememberedLines) {
					shown.shift();
				}

				return true;
			};
		},
	};
}

/** Tells what is new from what was shown, or is older than that. */
function unlike(shown: readonly string[]): (entry: string) => boolean {
	const oldest = shown.map(timeOf).find(Boolean) ?? '';
	let hasMetShown = false;
	/** A line without a time, of a stack trace say, is as new as the line above it, and may have come after that was shown. */
	let above: 'new' | 'old' | {shownAt: number} = {shownAt: -1};
	const met = new Map<string, number>();
	const metBelow = new Map<string, number>();
	/** The same line may be there more than once. */
	const isOneMore = (entry: string, from: number, met: Map<string, number>) => {
		const known = shown.slice(from).filter(candidate => candidate === entry).length;
		const count = (met.get(entry) ?? 0) + 1;
		if (count > known) {
			return true;
		}

		met.set(entry, count);
		return false;
	};

	return entry => {
		const time = timeOf(entry);
		if (time === '') {
			return typeof above === 'object' ? isOneMore(entry, above.shownAt + 1, metBelow) : above === 'new';
		}

		const shownAt = shown.indexOf(entry);
		metBelow.clear();
		if (shownAt >= 0 && !isOneMore(entry, 0, met)) {
			hasMetShown = true;
			above = {shownAt};
			return false;
		}

		// Where the clock was set back, what comes after something shown is new nevertheless.
		above = shownAt >= 0 || hasMetShown || time > oldest ? 'new' : 'old';
		return above === 'new';
	};
}

/** When a line of JSON was written, in a form that can be compared; empty for other text. */
function timeOf(entry: string): string {
	return /"time":"([^"]+)"/.exec(entry)?.[1] ?? '';
}

async function lastEntries(file: string): Promise<string[]> {
	const text = await fs.readFile(file, 'utf8').catch(() => '');
	return text.split('\n').filter(Boolean).slice(-leftLines);
}

/** In milliseconds since 1970; undefined where there is no such file. */
async function timeOfChange(file: string): Promise<number | undefined> {
	return fs.stat(file).then(
		({mtimeMs}) => mtimeMs,
		() => undefined,
	);
}
