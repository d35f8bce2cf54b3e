import fs from 'node:fs/promises';
import {StringDecoder} from 'node:string_decoder';
import {setTimeout as sleep} from 'node:timers/promises';
import {isErrno} from '../../source/platform/files.js';

const pollMs = 250;
/** An empty line that often tells a reader that a quiet log is not a dead one. */
const heartbeatMs = 10_000;
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

	// A piece may end in the middle of a letter.
	const decoder = new StringDecoder('utf8');
	let offset = tail.end;
	let lastSign = performance.now();
	while (!signal.aborted) {
		const {bytes, end} = await readFrom(file, offset);
		offset = end;
		const text = decoder.write(bytes);
		if (text) {
			yield text;
		} else {
			await sleep(pollMs, undefined, {signal}).catch(() => {});
			if (performance.now() - lastSign > heartbeatMs) {
				lastSign = performance.now();
				yield '\n';
			}
		}
	}
}

async function readTail(file: string, lines: number): Promise<{text: string; end: number}> {
	const size = await sizeOf(file);
	const start = Math.max(0, size - maximumTailBytes);
	const {bytes, end} = await readFrom(file, start, size - start);
	const all = bytes.toString('utf8').split('\n').filter(Boolean);
	const wanted = lines === 0 ? [] : all.slice(-lines);
	return {text: wanted.map(line => `${line}\n`).join(''), end};
}

async function readFrom(
	file: string,
	offset: number,
	maximumBytes = chunkBytes,
): Promise<{bytes: Buffer; end: number}> {
	const size = await sizeOf(file);
	const start = size < offset ? 0 : offset;
	const length = Math.min(size - start, maximumBytes);
	if (length <= 0) {
		return {bytes: Buffer.alloc(0), end: start};
	}

	const handle = await fs.open(file, 'r');
	try {
		const {bytesRead, buffer} = await handle.read(Buffer.alloc(length), 0, length, start);
		return {bytes: buffer.subarray(0, bytesRead), end: start + bytesRead};
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
