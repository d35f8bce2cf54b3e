import fs from 'node:fs';
import path from 'node:path';
import {type DestinationStream, type Logger, multistream, pino} from 'pino';
import {isErrno} from './files.js';
import {readableLogLine} from './log-line.js';

export type Log = Logger;

const maximumFileBytes = 10 * 1024 * 1024;

export type LogOptions = {
	/** Which process speaks: a daemon's name, or `exe-unit`. */
	name: string;
	/** One JSON object a line; the file before it is kept as `<file>.1`. */
	file: string;
	/** Where a person watches, if one does: the same as readable lines. */
	terminal?: {write(text: string): void} | undefined;
	level?: 'debug' | 'info' | undefined;
};

/** Opens a log. Secrets have no business in it: keys and signatures are taken out by name. */
export function openLog({name, file, terminal, level = 'info'}: LogOptions): Log {
	const streams: DestinationStream[] = [rotatingFile(file)];
	if (terminal) {
		streams.push({write: line => terminal.write(`${readableLogLine(line)}\n`)});
	}

	return pino(
		{
			name,
			level,
			base: {name, pid: process.pid},
			timestamp: () => `,"time":"${new Date().toISOString()}"`,
			formatters: {level: label => ({level: label})},
			redact: ['ssh_key', 'signature', 'headers', 'privateKey'].flatMap(name => [name, `*.${name}`]),
		},
		multistream(streams.map(stream => ({level, stream}))),
	);
}

/**
Appends synchronously, so that the last words of a dying process are in the file, and bounds the file's size. What cannot
be written is lost and counted: a full disk is no reason for a process to end.
*/
function rotatingFile(file: string): DestinationStream {
	fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
	let descriptor = fs.openSync(file, 'a', 0o600);
	let size = fs.fstatSync(descriptor).size;
	let lost = 0;

	function append(line: string): void {
		if (size > maximumFileBytes) {
			setAside(file);
			const full = descriptor;
			descriptor = fs.openSync(file, 'a', 0o600);
			size = 0;
			fs.closeSync(full);
		}

		// Half a line of before must not swallow this one.
		const text = Buffer.from(lost > 0 ? `\n${lostLine(lost)}${line}` : line);
		const written = fs.writeSync(descriptor, text);
		size += written;
		lost = written < text.length ? 1 : 0;
	}

	return {
		write(line) {
			try {
				append(line);
			} catch {
				lost += 1;
			}
		},
	};
}

/** One that somebody has moved or deleted already is set aside. */
function setAside(file: string): void {
	try {
		fs.renameSync(file, `${file}.1`);
	} catch (error) {
		if (!isErrno(error, 'ENOENT')) {
			throw error;
		}
	}
}

function lostLine(count: number): string {
	const time = new Date().toISOString();
	return `${JSON.stringify({level: 'error', time, msg: `${count} lines could not be written and are lost`})}\n`;
}
