import {type KeyEvent, type Modifiers, noModifiers} from './input-event.js';
import {controlKeys, kittyKeys, kittyPad} from './key-names.js';

const firstPadKey = 57_399;

/** A key with a name. */
export const namedKey = (name: string, modifiers: Modifiers = noModifiers): KeyEvent => ({
	type: 'key',
	name,
	...modifiers,
});

/** A key that writes that, or would without ctrl and meta. */
export function textKey(text: string, modifiers: Modifiers = noModifiers): KeyEvent {
	const isCapital = text !== text.toLowerCase();
	const key = {
		...namedKey(text === ' ' ? 'space' : text, modifiers),
		shift: modifiers.shift || isCapital,
	};
	return modifiers.ctrl || modifiers.meta ? key : {...key, text};
}

/** The key that sends this control character; undefined for those of no key. */
export function controlKey(character: string, modifiers: Modifiers = noModifiers): KeyEvent | undefined {
	const code = character.codePointAt(0) ?? 0;
	const name = controlKeys[code];
	if (name !== undefined) {
		return namedKey(name, modifiers);
	}

	if (code >= 0x20) {
		return undefined;
	}

	const held = {...modifiers, ctrl: true};
	// 0 is what ctrl and space, or ctrl and @, send; 1 is ctrl and a.
	return namedKey(code === 0 ? 'space' : String.fromCodePoint(code + 64).toLowerCase(), held);
}

/** A key that is told by the number of its character, as kitty and xterm's `modifyOtherKeys` do. */
export function numberedKey(code: number, modifiers: Modifiers): KeyEvent | undefined {
	const name = controlKeys[code] ?? kittyKeys[code];
	if (name !== undefined) {
		return namedKey(name, modifiers);
	}

	if (code >= firstPadKey && code < firstPadKey + kittyPad.length) {
		return textKey(kittyPad.charAt(code - firstPadKey), modifiers);
	}

	// Numbers in the private area are keys such as caps lock, and F13 and above.
	if (code < 0x20 || (code >= 0x80 && code < 0xa0) || isNoCharacter(code)) {
		return undefined;
	}

	const character = String.fromCodePoint(code);
	return textKey(modifiers.shift && !modifiers.ctrl ? character.toUpperCase() : character, modifiers);
}

const isNoCharacter = (code: number) =>
	(code >= 0xd8_00 && code < 0xf9_00) || code > 0x10_ff_ff || !Number.isInteger(code);
