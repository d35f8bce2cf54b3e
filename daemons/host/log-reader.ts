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

/** Which files make up a log, at the moment; one may not be there yet, and more may come. */
export type LogFiles = () => Promise<readonly string[]> | readonly string[];

/** The last lines of several logs in the order they were written, each with its newline. */
export async function* readLastLines(files: LogFiles, lines: number): AsyncGenerator<string> {
	const {text} = await readTails(await files(), lines);
	if (text) {
		yield text;
	}
}

/** The last lines, then whatever is appended, until the signal ends it. A rotated file is followed to its successor. */
export async function* followLog(
	files: LogFiles,
	lines: number,
	signal: AbortSignal,
): AsyncGenerator<string> {
	const tails = await readTails(await files(), lines);
	if (tails.text) {
		yield tails.text;
	}

	const followed = new Map(tails.ends.map(({file, end}) => [file, followFile(file, end)]));
	let lastSign = performance.now();
	while (!signal.aborted) {
		const current = await files();
		let isQuiet = true;
		for (const file of current) {
			const log = followed.get(file) ?? followFile(file, 0);
			followed.set(file, log);
			const text = await log.read();
			if (text) {
				isQuiet = false;
				yield text;
			}
		}

		for (const file of followed.keys()) {
			if (!current.includes(file)) {
				followed.delete(file);
			}
		}

		if (isQuiet) {
			await sleep(pollMs, undefined, {signal}).catch(() => {});
			if (performance.now() - lastSign > heartbeatMs) {
				lastSign = performance.now();
				yield '\n';
			}
		}
	}
}

/** Reads on from an offset, whole lines only, so that those of several files do not get into each other. */
function followFile(file: string, start: number) {
	// A piece may end in the middle of a letter.
	const decoder = new StringDecoder('utf8');
	let offset = start;
	let rest = '';
	return {
		async read(): Promise<string> {
			const {bytes, end} = await readFrom(file, offset);
			offset = end;
			const text = rest + decoder.write(bytes);
			const cut = text.length > maximumTailBytes ? text.length : text.lastIndexOf('\n') + 1;
			rest = text.slice(cut);
			return text.slice(0, cut);
		},
	};
}

async function readTails(
	files: readonly string[],
	lines: number,
): Promise<{text: string; ends: Array<{file: string; end: number}>}> {
	const tails = await Promise.all(
		files.map(async file => {
			const size = await sizeOf(file);
			const start = Math.max(0, size - maximumTailBytes);
			const {bytes, end} = await readFrom(file, start, size - start);
			return {file, end, lines: bytes.toString('utf8').split('\n').filter(Boolean).slice(-lines)};
		}),
	);
	// A sort keeps the order of those with the same time.
	const all = tails.flatMap(tail => withTimes(tail.lines));
	const inOrder = files.length > 1 ? all.toSorted((a, b) => a.time.localeCompare(b.time)) : all;
	const wanted = lines === 0 ? [] : inOrder.slice(-lines).map(({line}) => line);
	return {
		text: wanted.map(line => `${line}\n`).join(''),
		ends: tails.map(({file, end}) => ({file, end})),
	};
}

/** A line without a time, such as those of a stack trace, belongs to the one above it. */
function withTimes(lines: readonly string[]): Array<{time: string; line: string}> {
	let time = '';
	return lines.map(line => {
		time = /"time":"([^"]+)"/.exec(line)?.[1] ?? time;
		return {time, line};
	});
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
