import fs from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {isErrno} from '../../source/platform/files.js';

const pollMs = 250;
const chunkBytes = 64 * 1024;
/** More than this is not read back for «the last lines», however many were asked for. */
const maximumTailBytes = 4 * 1024 * 1024;

/** The last lines of a log file, each with its newline; nothing where there is no file. */
export async function* readLastLines(file: string, lines: number): AsyncGenerator<string> {
	const {text} = await readTail(file, lines);
	if (text) {
		yield text;
	}
}

/** The last lines, then whatever is appended, until the signal ends it. A rotated file is followed to its successor. */
export async function* followLog(file: string, lines: number, signal: AbortSignal): AsyncGenerator<string> {
	const tail = await readTail(file, lines);
	if (tail.text) {
		yield tail.text;
	}

	let offset = tail.end;
	while (!signal.aborted) {
		const {text, end} = await readFrom(file, offset);
		offset = end;
		if (text) {
			yield text;
		} else {
			await sleep(pollMs, undefined, {signal}).catch(() => {});
		}
	}
}

async function readTail(file: string, lines: number): Promise<{text: string; end: number}> {
	const size = await sizeOf(file);
	const start = Math.max(0, size - maximumTailBytes);
	const {text, end} = await readFrom(file, start, size - start);
	const all = text.split('\n').filter(Boolean);
	const wanted = lines === 0 ? [] : all.slice(-lines);
	return {text: wanted.map(line => `${line}\n`).join(''), end};
}

async function readFrom(
	file: string,
	offset: number,
	maximumBytes = chunkBytes,
): Promise<{text: string; end: number}> {
	const size = await sizeOf(file);
	const start = size < offset ? 0 : offset;
	const length = Math.min(size - start, maximumBytes);
	if (length <= 0) {
		return {text: '', end: start};
	}

	const handle = await fs.open(file, 'r');
	try {
		const {bytesRead, buffer} = await handle.read(Buffer.alloc(length), 0, length, start);
		return {text: buffer.toString('utf8', 0, bytesRead), end: start + bytesRead};
	} finally {
		await handle.close();
	}
}

async function sizeOf(file: string): Promise<number> {
	try {
		return (await fs.stat(file)).size;
	} catch (error) {
		if (isErrno(error, 'ENOENT')) {
			return 0;
		}

		throw error;
	}
}
