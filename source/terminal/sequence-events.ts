import {controlKey, namedKey, numberedKey, textKey} from './character-keys.js';
import type {Sequence} from './escape-sequence.js';
import {type InputEvent, type Modifiers, type MouseEvent, modifiersOf} from './input-event.js';
import {consoleKeys, letterKeys, numberKeys, padKeys, rxvtModifiers, smallLetterKeys} from './key-names.js';
import {mouseEvent} from './mouse-report.js';

/** `ESC [ 200 ~`, which begins what is pasted; `ESC [ 201 ~` ends it. */
export const isPasteStart = (sequence: Sequence) =>
	sequence.kind === 'csi' && sequence.final === '~' && sequence.parameters === '200';

/** What somebody did; undefined where that is nothing we know, or where the terminal itself says something. */
export function sequenceEvent(sequence: Sequence): InputEvent | undefined {
	switch (sequence.kind) {
		case 'csi':
			return csiEvent(sequence);
		case 'ss3':
			return ss3Event(sequence);
		default:
			return undefined;
	}
}

function ss3Event({parameters, final}: {parameters: string; final: string}): InputEvent | undefined {
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

type Csi = {prefix: string; parameters: string; final: string};

function csiEvent({prefix, parameters, final}: Csi): InputEvent | undefined {
	if (prefix === '<') {
		return readMouse(parameters, final);
	}

	if (prefix === '[') {
		return knownKey(consoleKeys[final], modifiersOf(1));
	}

	if (prefix !== '') {
		return undefined;
	}

	// Each parameter may have parts: kitty tells the character with shift, and whether a key was let go of.
	const [first = [], second = []] = parameters.split(';').map(parameter => parameter.split(':').map(Number));
	const [, hold] = second;
	const isReleased = hold === 3;
	return isReleased ? undefined : keyOfCsi(final, {parameters, first, second});
}

type Parts = {parameters: string; first: number[]; second: number[]};

function keyOfCsi(final: string, {parameters, first, second}: Parts): InputEvent | undefined {
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
			return /^(?:1;\d{1,2}(?::\d)?)?$/.test(parameters) ? namedKey('f3', modifiers) : undefined;
		default:
			return letterKey(final, modifiers);
	}
}

function tildeKey(parameters: string, number: number, modifiers: Modifiers): InputEvent | undefined {
	// xterm's `modifyOtherKeys`: 27; modifiers; character.
	const [, held, code] = parameters.split(';').map(Number);
	return number === 27 && code !== undefined
		? numberedKey(code, modifiersOf(held))
		: knownKey(numberKeys[number], modifiers);
}

function letterKey(final: string, modifiers: Modifiers): InputEvent | undefined {
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
