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
	const log = await fs.open(file).catch(() => undefined);
	if (!log) {
		return [];
	}

	try {
		const {size} = await log.stat();
		// A file that has become shorter is a new one.
		const position = size >= start ? start : 0;
		const {buffer, bytesRead} = await log.read({buffer: Buffer.alloc(size - position), position});
		return buffer.toString('utf8', 0, bytesRead).split('\n').filter(Boolean).map(readableLogLine);
	} finally {
		await log.close();
	}
}
