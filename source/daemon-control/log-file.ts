import fs from 'node:fs/promises';
import {readableLogLine} from '../platform/log-line.js';

/** Where what is written from now on begins; 0 where there is no log yet. */
export async function logSize(file: string): Promise<number> {
	return fs.stat(file).then(
		({size}) => size,
		() => 0,
	);
}

/** What was written since then, as lines for people. */
export async function readLogSince(file: string, start: number): Promise<string[]> {
	const content = await fs.readFile(file).catch(() => Buffer.alloc(0));
	// A file that has become shorter is a new one.
	const own = content.length >= start ? content.subarray(start) : content;
	return own.toString('utf8').split('\n').filter(Boolean).map(readableLogLine);
}
