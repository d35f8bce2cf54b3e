import fs from 'node:fs/promises';
import * as z from 'zod';
import {readableLogLine} from '../platform/log-line.js';
import {readTail} from '../platform/log-reader.js';
import type {DaemonName, Paths} from '../platform/paths.js';

/**
How a daemon ended. `orderly`: it was asked to. `crashed`: by a fault of its own. `killed`: without a word, or the
machine went down. `not-started`: it has refused to start.
*/
export type End = 'orderly' | 'crashed' | 'killed' | 'not-started';

/** What a daemon that does not run has left behind. */
export type LastWords = {
	/** When it wrote its last line. */
	at: string;
	end: End;
	/** The last lines of its log, for people. */
	lines: string[];
};

const shownLines = 5;

const entrySchema = z.object({time: z.string(), level: z.string(), msg: z.string()});
type Entry = z.infer<typeof entrySchema>;

/** @returns undefined where it has never run */
export async function readLastWords(name: DaemonName, paths: Paths): Promise<LastWords | undefined> {
	const file = paths.daemonLog(name);
	const {lines: whole, unfinished} = await readTail(file);
	const lines = [...whole, unfinished].filter(Boolean);
	if (lines.length === 0) {
		return undefined;
	}

	const {mtime} = await fs.stat(file);
	const entries = lines.map(parseEntry);
	const last = entries.at(-1);
	return {
		at: last?.time ?? mtime.toISOString(),
		end: endOf(entries),
		lines: lines.slice(-shownLines).map(readableLogLine),
	};
}

/** What is no entry was printed by a process that had no log: before it began one, or as it fell over. */
function endOf(entries: ReadonlyArray<Entry | undefined>): End {
	const last = entries.at(-1);
	if (last) {
		return last.msg === 'ended' ? 'orderly' : last.level === 'fatal' ? 'crashed' : 'killed';
	}

	const start = entries.findLastIndex(entry => entry?.msg === 'starting');
	const life = entries.slice(Math.max(0, start));
	const has = (message: string) => life.some(entry => entry?.msg === message);
	const wasReady = start < 0 ? life.some(entry => entry !== undefined) : has('ready');
	return wasReady && !has('ended') ? 'crashed' : 'not-started';
}

function parseEntry(line: string): Entry | undefined {
	try {
		return entrySchema.safeParse(JSON.parse(line)).data;
	} catch {
		return undefined;
	}
}
