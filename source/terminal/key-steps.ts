import {controlKey, namedKey, textKey} from './character-keys.js';
import {introducers, readSequence} from './escape-sequence.js';
import {type InputEvent, type Modifiers, noModifiers} from './input-event.js';
import {isPasteStart, sequenceEvent} from './sequence-events.js';

export const escapeCharacter = '\u001B';

/** What stands first in a text. */
export type Step = {length: number; events: InputEvent[]; isPaste?: boolean};

const eventStep = (length: number, event: InputEvent | undefined): Step => ({
	length,
	events: event ? [event] : [],
});

/**
Reads what stands first in a text that is not empty.
@param isLast nothing more comes for now
@returns undefined where that cannot be told yet
*/
export function nextStep(text: string, isLast: boolean): Step | undefined {
	if (text.startsWith(escapeCharacter)) {
		return escapeStep(text, isLast);
	}

	return characterStep(text, noModifiers, isLast);
}

function escapeStep(text: string, isLast: boolean): Step | undefined {
	const second = text[1];
	if (second === undefined) {
		return isLast ? eventStep(1, namedKey('escape')) : undefined;
	}

	if (second === escapeCharacter) {
		return doubleEscapeStep(text, isLast);
	}

	if (introducers.includes(second)) {
		return sequenceStep(text) ?? (isLast ? brokenStep(text) : undefined);
	}

	return altStep(text, isLast);
}

/** A sequence that does not go on. Alt and `[` look like the beginning of one. */
const brokenStep = (text: string) =>
	text.length === 2 ? altStep(text, true) : {length: text.length, events: []};

/** Esc twice; or rxvt's alt and a key that has a sequence. */
function doubleEscapeStep(text: string, isLast: boolean): Step | undefined {
	const third = text[2];
	if (third === undefined && !isLast) {
		return undefined;
	}

	if (third !== '[' && third !== 'O') {
		return eventStep(1, namedKey('escape'));
	}

	const step = sequenceStep(text.slice(1));
	if (step === undefined) {
		return isLast ? eventStep(1, namedKey('escape')) : undefined;
	}

	const [event] = step.events;
	return event?.type === 'key'
		? eventStep(step.length + 1, {...event, meta: true})
		: eventStep(1, namedKey('escape'));
}

function altStep(text: string, isLast: boolean): Step | undefined {
	const step = characterStep(text.slice(1), {...noModifiers, meta: true}, isLast);
	return step && {...step, length: step.length + 1};
}

function sequenceStep(text: string): Step | undefined {
	const sequence = readSequence(text);
	if (sequence === undefined) {
		return undefined;
	}

	const {length} = sequence;
	return isPasteStart(sequence)
		? {length, events: [], isPaste: true}
		: eventStep(length, sequenceEvent(sequence));
}

const segmenter = new Intl.Segmenter();
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what some keys send
const control = /^[\0-\u001F\u007F-\u009F]/;
const mayGoOn = /(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|\u200D|\uFE0F)$/u;
const plainCharacter = /^[ -~](?:[ -~]|$)/;
/** Longer than anything that is one character to a person. */
const longestCharacter = 64;

/** One character as a person counts them. Of an emoji more may come. */
function characterStep(text: string, modifiers: Modifiers, isLast: boolean): Step | undefined {
	if (control.test(text)) {
		return eventStep(1, controlKey(text.charAt(0), modifiers));
	}

	if (plainCharacter.test(text)) {
		return eventStep(1, textKey(text.charAt(0), modifiers));
	}

	const start = text.slice(0, longestCharacter);
	const [first] = segmenter.segment(start);
	const character = first?.segment ?? text.charAt(0);
	if (character.length === text.length && !isLast && mayGoOn.test(character)) {
		return undefined;
	}

	return eventStep(character.length, textKey(character, modifiers));
}
