import {controlKey, namedKey, numberedKey, textKey} from './character-keys.js';
import type {Sequence} from './escape-sequence.js';
import {type Modifiers, type MouseEvent, modifiersOf, type TerminalEvent} from './input-event.js';
import {consoleKeys, letterKeys, numberKeys, padKeys, rxvtModifiers, smallLetterKeys} from './key-names.js';
import {mouseEvent} from './mouse-report.js';

/** `ESC [ 200 ~`, which begins what is pasted; `ESC [ 201 ~` ends it. */
export const isPasteStart = (sequence: Sequence) =>
	sequence.kind === 'csi' && sequence.final === '~' && sequence.parameters === '200';

/** What a sequence means; undefined where that is nothing we know. */
export function sequenceEvent(sequence: Sequence, whole: string): TerminalEvent | undefined {
	switch (sequence.kind) {
		case 'csi':
			return csiEvent(sequence, whole);
		case 'ss3':
			return ss3Event(sequence);
		case 'string':
			return {type: 'report', sequence: sequence.body};
		default:
			return undefined;
	}
}

function ss3Event({parameters, final}: {parameters: string; final: string}): TerminalEvent | undefined {
	const modifiers = modifiersOf(parameters === '' ? undefined : Number(parameters));
	const small = smallLetterKeys[final];
	if (small !== undefined) {
		return namedKey(small, {...modifiers, ctrl: true});
	}

	const pad = padKeys[final];
	if (pad !== undefined) {
		return controlKey(pad, modifiers) ?? textKey(pad, modifiers);
	}

	return knownKey(letterKeys[final], modifiers);
}

function csiEvent(
	{prefix, parameters, final}: {prefix: string; parameters: string; final: string},
	whole: string,
): TerminalEvent | undefined {
	if (prefix === '<') {
		return readMouse(parameters, final);
	}

	if (prefix === '[') {
		return knownKey(consoleKeys[final], modifiersOf(1));
	}

	if (prefix !== '') {
		return {type: 'report', sequence: whole};
	}

	// Each parameter may have parts: kitty tells the character with shift, and whether a key was let go of.
	const [first = [], second = []] = parameters.split(';').map(parameter => parameter.split(':').map(Number));
	const [, hold] = second;
	const isReleased = hold === 3;
	return isReleased ? undefined : keyOfCsi(final, {parameters, whole, first, second});
}

type Parts = {parameters: string; whole: string; first: number[]; second: number[]};

function keyOfCsi(final: string, {parameters, whole, first, second}: Parts): TerminalEvent | undefined {
	const modifiers = modifiersOf(second[0] || 1);
	const number = first[0] ?? 0;
	switch (final) {
		case '~':
			return tildeKey(parameters, number, modifiers);
		case '$':
		case '^':
		case '@':
			return knownKey(numberKeys[number], modifiersOf(rxvtModifiers[final]));
		case 'u':
			return numberedKey(modifiers.shift && first[1] ? first[1] : number, modifiers);
		case 'Z':
			return namedKey('tab', {...modifiers, shift: true});
		case 'R':
			// Where the cursor is, unless it can be F3.
			return /^(?:1;\d{1,2}(?::\d)?)?$/.test(parameters)
				? namedKey('f3', modifiers)
				: {type: 'report', sequence: whole};
		default:
			return letterKey(final, modifiers);
	}
}

function tildeKey(parameters: string, number: number, modifiers: Modifiers): TerminalEvent | undefined {
	// xterm's `modifyOtherKeys`: 27; modifiers; character.
	const [, held, code] = parameters.split(';').map(Number);
	return number === 27 && code !== undefined
		? numberedKey(code, modifiersOf(held))
		: knownKey(numberKeys[number], modifiers);
}

function letterKey(final: string, modifiers: Modifiers): TerminalEvent | undefined {
	const small = smallLetterKeys[final];
	return small === undefined
		? knownKey(letterKeys[final], modifiers)
		: namedKey(small, {...modifiers, shift: true});
}

const knownKey = (name: string | undefined, modifiers: Modifiers) =>
	name === undefined ? undefined : namedKey(name, modifiers);

function readMouse(parameters: string, final: string): MouseEvent | undefined {
	const numbers = parameters.split(';').map(Number);
	const [code, column, row] = numbers;
	if (numbers.length !== 3 || code === undefined || column === undefined || row === undefined) {
		return undefined;
	}

	const isUsable = numbers.every(number => Number.isSafeInteger(number)) && column > 0 && row > 0;
	return isUsable && (final === 'M' || final === 'm')
		? mouseEvent({code, column, row, isRelease: final === 'm'})
		: undefined;
}
