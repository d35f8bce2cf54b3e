import {Writable} from 'node:stream';
import type {WriteStream} from 'node:tty';
import {createFramePainter} from './frame-painter.js';
import {type Size, type Sized, sizeOf} from './size.js';

/**
The stdout that Ink is given. What Ink writes is taken for a whole frame and drawn on the terminal by ourselves, so that
the screen can be drawn from nothing at any time, whatever Ink believes to be there; and while the gate is closed
nothing is drawn at all.
*/
export type GatedOutput = {
	/** For Ink's `stdout`. Use it without `incrementalRendering` and without `<Static>`. */
	stdout: WriteStream;
	/** From here on nothing reaches the terminal. */
	close(): void;
	/** Draws the last frame, all of it, and each one from here on. */
	open(): void;
	/** Draws all of it again: a terminal that went to another size and back has lost some, and only SIGWINCH tells. */
	repaint(): void;
	stop(): void;
};

/** What Ink writes beside frames, and before them to take the last one away. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const between = /^(?:\u001B\[(?:[23]?[JK]|\d*[AG]|H|\?25[hl]|\?2026[hl]))+/;

/** The frame in something that Ink wrote; undefined where there is none. */
export function frameIn(written: string): string | undefined {
	const rest = written.replace(between, '');
	return rest === '' ? undefined : rest.replace(/\n$/, '');
}

/** An output that is closed at first, onto the terminal that `write` leads to. */
export function createGatedOutput({
	terminal,
	write,
}: {
	terminal: Sized;
	write(text: string): void;
}): GatedOutput {
	const painter = createFramePainter();
	let lines: readonly string[] = [];
	let isOpen = false;

	const paint = () => {
		const text = isOpen ? painter.paint({lines, size: sizeOf(terminal)}) : '';
		if (text !== '') {
			write(text);
		}
	};

	const stream = new FrameStream(
		() => sizeOf(terminal),
		written => {
			const frame = frameIn(written);
			if (frame !== undefined) {
				lines = frame.split('\n');
				paint();
			}
		},
	);
	const resize = () => {
		// What a terminal does with its lines then is its own affair.
		painter.forget();
		stream.emit('resize');
		paint();
	};

	terminal.on('resize', resize);
	return {
		// Ink asks for a terminal's stream, and uses of it what ours has.
		stdout: stream as unknown as WriteStream,
		close() {
			isOpen = false;
		},
		open() {
			isOpen = true;
			painter.forget();
			paint();
		},
		repaint() {
			painter.forget();
			paint();
		},
		stop() {
			isOpen = false;
			terminal.off('resize', resize);
		},
	};
}

class FrameStream extends Writable {
	readonly isTTY = true;
	readonly #size: () => Size;

	constructor(size: () => Size, take: (text: string) => void) {
		super({
			decodeStrings: false,
			write(text, _encoding, done) {
				take(String(text));
				done();
			},
		});
		this.#size = size;
		// Every hook that asks for the size listens.
		this.setMaxListeners(0);
	}

	get columns(): number {
		return this.#size().columns;
	}

	get rows(): number {
		return this.#size().rows;
	}
}
