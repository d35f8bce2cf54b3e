import type {ReadStream} from 'node:tty';
import type {InputEvent} from './input-event.js';
import {KeyParser, type Waiting} from './key-parser.js';
import {createListeners} from './listeners.js';

/** The part of the program that reads what is typed. It alone reads the terminal. */
export type Keyboard = {
	/**
	Hears of every key, paste and movement of the mouse, in their order, and of what came while nobody listened. Call what
	comes back to end that.
	*/
	onInput(listener: (event: InputEvent) => void): () => void;
	/** Hears once that nothing can be typed any more: the terminal is gone. */
	onGone(listener: () => void): () => void;
	/** Takes the terminal's keys one by one, without echo (raw mode). */
	start(): void;
	/**
	Gives that back at once, and tells of no key any more.
	@returns when nothing reads the terminal any more, with what had been read by then and was not told
	*/
	stop(): Promise<InputEvent[]>;
};

/** How long each may take to become whole. A line between us and the terminal may be slow. */
const patienceMs: Readonly<Record<Waiting, number | undefined>> = {
	nothing: undefined,
	key: 50,
	sequence: 1000,
	paste: undefined,
};

/** So much may come before anybody listens. */
const longestUnheard = 1000;

/** A keyboard at this end of a terminal. It reads nothing until it is started. */
export function createKeyboard(stdin: ReadStream): Keyboard {
	const input = createListeners<InputEvent>();
	const gone = createListeners<void>();
	let parser = new KeyParser();
	let timer: NodeJS.Timeout | undefined;
	let isReading = false;
	let isGone = false;
	let typedAhead: InputEvent[] = [];
	let unheard: InputEvent[] = [];

	const tell = (events: readonly InputEvent[]) => {
		for (const event of events) {
			if (!isReading) {
				// A listener has stopped the reading over an event of the same piece.
				typedAhead.push(event);
			} else if (input.isEmpty()) {
				unheard = [...unheard, event].slice(0, longestUnheard);
			} else {
				input.tell(event);
			}
		}
	};

	const decideLater = () => {
		clearTimeout(timer);
		const patience = patienceMs[parser.waiting];
		timer = patience === undefined ? undefined : setTimeout(() => tell(parser.flush()), patience);
	};

	const read = (chunk: Buffer) => {
		const events = parser.push(chunk);
		decideLater();
		tell(events);
	};

	const end = () => {
		if (!isGone) {
			isGone = true;
			clearTimeout(timer);
			gone.tell();
		}
	};

	stdin.on('end', end).on('close', end).on('error', end);
	return {
		onInput(listener) {
			const remove = input.add(listener);
			const events = unheard;
			unheard = [];
			queueMicrotask(() => tell(events));
			return remove;
		},
		onGone: gone.add,
		start() {
			if (isReading || isGone) {
				return;
			}

			isReading = true;
			parser = new KeyParser();
			setRawMode(stdin, true);
			stdin.on('data', read);
			stdin.resume();
		},
		async stop() {
			if (!isReading) {
				return [];
			}

			isReading = false;
			typedAhead = [];
			clearTimeout(timer);
			stdin.pause();
			stdin.off('data', read);
			setRawMode(stdin, false);
			// Only after this turn does the stream let go of the terminal; and the rest of the piece comes before what is kept.
			await new Promise(setImmediate);
			tell(parser.flush());
			return typedAhead;
		},
	};
}

/** Raw mode on or off. On a terminal that is gone there is nothing to set. */
function setRawMode(stdin: ReadStream, isRaw: boolean): void {
	try {
		stdin.setRawMode(isRaw);
	} catch {}
}
