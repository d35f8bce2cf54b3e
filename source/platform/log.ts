import fs from 'node:fs';
import path from 'node:path';
import {type DestinationStream, type Logger, multistream, pino} from 'pino';

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
			redact: ['*.ssh_key', '*.signature', 'headers', '*.headers', '*.privateKey'],
		},
		multistream(streams.map(stream => ({level, stream}))),
	);
}

/** Turns one JSON line of a log into `12:04:31 info  message key=value …`; other text stays as it is. */
export function readableLogLine(line: string): string {
	let entry: unknown;
	try {
		entry = JSON.parse(line);
	} catch {
		return line.trimEnd();
	}

	if (typeof entry !== 'object' || entry === null || !('msg' in entry)) {
		return line.trimEnd();
	}

	const {time, level, msg, pid: _pid, name: _name, ...rest} = entry as Record<string, unknown>;
	const facts = Object.entries(rest).map(
		([key, value]) => `${key}=${typeof value === 'string' ? value : describe(value)}`,
	);
	return [String(time).slice(11, 19), String(level).padEnd(5), String(msg), ...facts].join(' ');
}

function describe(value: unknown): string {
	if (typeof value === 'object' && value !== null && 'message' in value && 'stack' in value) {
		return String(value.message);
	}

	return JSON.stringify(value);
}

/** Appends synchronously, so that the last words of a dying process are in the file, and bounds the file's size. */
function rotatingFile(file: string): DestinationStream {
	fs.mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
	let descriptor = fs.openSync(file, 'a', 0o600);
	let size = fs.fstatSync(descriptor).size;
	return {
		write(line) {
			if (size > maximumFileBytes) {
				fs.closeSync(descriptor);
				fs.renameSync(file, `${file}.1`);
				descriptor = fs.openSync(file, 'a', 0o600);
				size = 0;
			}

			size += fs.writeSync(descriptor, line);
		},
	};
}
