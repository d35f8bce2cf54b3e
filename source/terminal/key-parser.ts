import {StringDecoder} from 'node:string_decoder';
import type {InputEvent} from './input-event.js';
import {escapeCharacter, nextStep} from './key-steps.js';

/**
What the parser waits for. `key`: a moment decides, since a lone Esc and the beginning of a sequence look the same.
`sequence`: the rest of something that no key sends. `paste`: its end, however long that takes.
*/
export type Waiting = 'nothing' | 'key' | 'sequence' | 'paste';

const pasteEnd = '\u001B[201~';
/** More than this of one paste is left out. */
const longestPaste = 1_000_000;

/** Turns what a terminal sends into events. It keeps what is not whole until the next piece. */
export class KeyParser {
	#decoder = new StringDecoder('utf8');
	#kept = '';
	#pasted: string | undefined;

	push(chunk: Uint8Array): InputEvent[] {
		this.#kept += this.#decoder.write(Buffer.from(chunk));
		return this.#parse(false);
	}

	/** Nothing more came: what was kept is what it looks like by itself. The rest of a paste is still waited for. */
	flush(): InputEvent[] {
		return this.#parse(true);
	}

	get waiting(): Waiting {
		if (this.#pasted !== undefined) {
			return 'paste';
		}

		if (this.#kept === '') {
			return 'nothing';
		}

		const isSequence = this.#kept.length > 2 && this.#kept.startsWith(escapeCharacter);
		return isSequence && this.#kept[1] !== escapeCharacter ? 'sequence' : 'key';
	}

	#parse(isLast: boolean): InputEvent[] {
		const events: InputEvent[] = [];
		for (;;) {
			const more = this.#pasted === undefined ? this.#step(isLast) : this.#paste(this.#pasted);
			if (more === undefined) {
				return events;
			}

			events.push(...more);
		}
	}

	#step(isLast: boolean): InputEvent[] | undefined {
		const step = this.#kept === '' ? undefined : nextStep(this.#kept, isLast);
		if (step) {
			this.#kept = this.#kept.slice(step.length);
			this.#pasted = step.isPaste ? '' : undefined;
		}

		return step?.events;
	}

	#paste(before: string): InputEvent[] | undefined {
		const end = this.#kept.indexOf(pasteEnd);
		if (end === -1) {
			// The mark of the end may itself come in two pieces.
			const until = Math.max(0, this.#kept.length - pasteEnd.length + 1);
			this.#pasted = (before + this.#kept.slice(0, until)).slice(0, longestPaste);
			this.#kept = this.#kept.slice(until);
			return undefined;
		}

		const text = (before + this.#kept.slice(0, end)).slice(0, longestPaste);
		this.#kept = this.#kept.slice(end + pasteEnd.length);
		this.#pasted = undefined;
		return [{type: 'paste', text: plainText(text)}];
	}
}

const plainText = (text: string) =>
	text
		.replaceAll(/\r\n?/g, '\n')
		// biome-ignore lint/suspicious/noControlCharactersInRegex: these are taken out
		.replaceAll(/[\0-\u0008\u000B-\u001F\u007F-\u009F]/g, '');
