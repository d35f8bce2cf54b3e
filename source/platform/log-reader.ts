import fs from 'node:fs/promises';
import path from 'node:path';
import {StringDecoder} from 'node:string_decoder';
import {setTimeout as sleep} from 'node:timers/promises';
import {isErrno, withPath} from './files.js';
import {type DaemonName, exeUnitLogFile, type Paths} from './paths.js';

const pollMs = 250;
/** An empty line that often tells a reader that a quiet log is not a dead one. */
const heartbeatMs = 10_000;
const chunkBytes = 64 * 1024;
/** More than this is not read back for «the last lines», however many were asked for. */
const maximumTailBytes = 4 * 1024 * 1024;

/** Which files make up a log, at the moment; one may not be there yet, and more may come. */
export type LogFiles = () => Promise<readonly string[]> | readonly string[];

export type LogChoice = {
	/** How many of the last lines. */
	lines: number;
	/** Which lines at all. */
	passes?: ((line: string) => boolean) | undefined;
};

/** What is in a log and comes to it. */
export type LogReader = {
	/** At first the last lines, from then on what has been added; each with its newline, and nothing where there is none. */
	read(): Promise<string>;
};

/** The files of a daemon's log. What happens to a VM is written down by its exe-unit, which outlives the provider. */
export async function daemonLogFiles(name: DaemonName, paths: Paths): Promise<string[]> {
	const vms = name === 'provider' ? await namesIn(paths.providerVms) : [];
	return [paths.daemonLog(name), ...vms.map(id => path.join(paths.providerVms, id, exeUnitLogFile))];
}

/** The last lines of several logs in the order they were written, each with its newline. */
export async function* readLastLines(files: LogFiles, choice: LogChoice): AsyncGenerator<string> {
	const tails = await Promise.all((await files()).map(readTail));
	const text = asText(
		lastOf(
			tails.map(({lines, unfinished}) => [...lines, unfinished].filter(Boolean)),
			choice,
		),
	);
	if (text) {
		yield text;
	}
}

/** The last lines, then whatever is appended, until the signal ends it; an empty line now and then. */
export async function* followLog(
	files: LogFiles,
	choice: LogChoice,
	signal: AbortSignal,
): AsyncGenerator<string> {
	const log = createLogReader(files, choice);
	let lastSign = performance.now();
	while (!signal.aborted) {
		const text = await log.read();
		if (text) {
			yield text;
			continue;
		}

		await sleep(pollMs, undefined, {signal}).catch(() => {});
		if (performance.now() - lastSign > heartbeatMs) {
			lastSign = performance.now();
			yield '\n';
		}
	}
}

export function createLogReader(files: LogFiles, choice: LogChoice): LogReader {
	let followed: Map<string, FollowedFile> | undefined;

	async function readTails(): Promise<string[]> {
		const tails = await Promise.all((await files()).map(async file => ({file, ...(await readTail(file))})));
		followed = new Map(tails.map(({file, end}) => [file, followFile(file, end)]));
		return lastOf(
			tails.map(tail => tail.lines),
			choice,
		);
	}

	async function readOn(known: ReadonlyMap<string, FollowedFile>): Promise<string[]> {
		followed = new Map((await files()).map(file => [file, known.get(file) ?? followFile(file)]));
		const added: string[] = [];
		for (const file of followed.values()) {
			added.push(...(await file.read()));
		}

		return added.filter(passesOf(choice));
	}

	return {
		async read() {
			return asText(followed ? await readOn(followed) : await readTails());
		},
	};
}

const passesOf = ({passes = () => true}: LogChoice) => passes;
const asText = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('');

/** The last ones that are wanted of several files’ lines, in the order of their times. */
function lastOf(files: readonly string[][], choice: LogChoice): string[] {
	const passes = passesOf(choice);
	const passing = files.flatMap(withTimes).filter(({line}) => passes(line));
	// A sort keeps the order of those with the same time.
	const inOrder = files.length > 1 ? passing.toSorted((a, b) => a.time.localeCompare(b.time)) : passing;
	return choice.lines === 0 ? [] : inOrder.slice(-choice.lines).map(({line}) => line);
}

/** The last lines of one log file, of 4 MiB at most; none where there is no file. */
export async function readTail(file: string): Promise<{
	lines: string[];
	/** The place behind them, */
	end: Place;
	/** and what is there of a line without an end. */
	unfinished: string;
}> {
	const {ino: inode, size} = (await statIfThere(file)) ?? noFile;
	const offset = Math.max(0, size - maximumTailBytes);
	const {bytes, end} = await readFrom(file, {inode, offset}, maximumTailBytes);
	const whole = bytes.lastIndexOf('\n') + 1;
	const lines = bytes.toString('utf8', 0, whole).split('\n');
	return {
		lines: (offset > 0 ? lines.slice(1) : lines).filter(Boolean),
		end: {...end, offset: end.offset - bytes.length + whole},
		unfinished: bytes.toString('utf8', whole),
	};
}

type FollowedFile = {read(): Promise<string[]>};

/** So many bytes into the file with that number. */
type Place = {inode: number; offset: number};
const noFile = {ino: 0, size: 0};

/**
Reads on from a place, whole lines only, so that those of several files do not get into each other. A file that comes
into the place of another one is read from its start.
*/
function followFile(file: string, start: Place = {inode: 0, offset: 0}): FollowedFile {
	// A piece may end in the middle of a letter.
	const decoder = new StringDecoder('utf8');
	let place = start;
	let rest = '';
	return {
		async read() {
			const {bytes, end} = await readFrom(file, place, chunkBytes);
			place = end;
			const text = rest + decoder.write(bytes);
			const cut = text.length > maximumTailBytes ? text.length : text.lastIndexOf('\n') + 1;
			rest = text.slice(cut);
			return text.slice(0, cut).split('\n').filter(Boolean);
		},
	};
}

async function readFrom(
	file: string,
	{inode, offset}: Place,
	maximumBytes: number,
): Promise<{bytes: Buffer; end: Place}> {
	const {ino, size} = (await statIfThere(file)) ?? noFile;
	const start = ino === inode && size >= offset ? offset : 0;
	const length = Math.min(size - start, maximumBytes);
	if (length <= 0) {
		return {bytes: Buffer.alloc(0), end: {inode: ino, offset: start}};
	}

	const handle = await fs.open(file, 'r');
	try {
		const {bytesRead, buffer} = await handle.read(Buffer.alloc(length), 0, length, start);
		return {bytes: buffer.subarray(0, bytesRead), end: {inode: ino, offset: start + bytesRead}};
	} catch (error) {
		throw withPath(error, file);
	} finally {
		await handle.close();
	}
}

async function statIfThere(file: string): Promise<{ino: number; size: number} | undefined> {
	try {
		return await fs.stat(file);
	} catch (error) {
		if (isErrno(error, 'ENOENT')) {
			return undefined;
		}

		throw error;
	}
}

async function namesIn(folder: string): Promise<string[]> {
	try {
		return await fs.readdir(folder);
	} catch (error) {
		if (isErrno(error, 'ENOENT')) {
			return [];
		}

		throw error;
	}
}

/** A line without a time, such as those of a stack trace, belongs to the one above it. */
function withTimes(lines: readonly string[]): Array<{time: string; line: string}> {
	let time = '';
	return lines.map(line => {
		time = /"time":"([^"]+)"/.exec(line)?.[1] ?? time;
		return {time, line};
	});
}
