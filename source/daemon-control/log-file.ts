import fs from 'node:fs/promises';
import {isErrno} from '../platform/files.js';
import {readableLogLine} from '../platform/log-line.js';

/** More than this is not read back for the last lines. */
const maximumTailBytes = 4 * 1024 * 1024;

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

/** The last part of a log, line by line and as it was written; undefined where there is none. */
export async function readLogTail(file: string): Promise<string[] | undefined> {
	let log: fs.FileHandle;
	try {
		log = await fs.open(file);
	} catch (error) {
		if (isErrno(error, 'ENOENT')) {
			return undefined;
		}

		throw error;
	}

	try {
		const {size} = await log.stat();
		const start = Math.max(0, size - maximumTailBytes);
		const {buffer, bytesRead} = await log.read({
			buffer: Buffer.alloc(size - start),
			position: start,
		});
		const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
		return (start > 0 ? lines.slice(1) : lines).filter(Boolean);
	} finally {
		await log.close();
	}
}
