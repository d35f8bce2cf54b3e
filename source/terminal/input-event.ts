/** Which of the modifying keys were held down. Alt, and what terminals call meta or super, are `meta`. */
export type Modifiers = {
	ctrl: boolean;
	meta: boolean;
	shift: boolean;
};

/**
A key that was pressed. `name` is one of `key-names.ts`, or what the key writes: `j`, `J`, `é`. `text` is there where the
key writes something, so not together with ctrl or meta.
*/
export type KeyEvent = Modifiers & {
	type: 'key';
	name: string;
	text?: string;
};

/** What was pasted, in one piece, lines ended with `\n`, without control characters. */
export type PasteEvent = {
	type: 'paste';
	text: string;
};

export type MouseButton = 'left' | 'middle' | 'right' | 'none';

/** Something done with the mouse, at a cell counted from 0. */
export type MouseEvent = Modifiers & {
	type: 'mouse';
	action: 'press' | 'release' | 'drag' | 'move' | 'wheel-up' | 'wheel-down';
	button: MouseButton;
	x: number;
	y: number;
};

/** What somebody did. */
export type InputEvent = KeyEvent | PasteEvent | MouseEvent;

export const noModifiers: Modifiers = {ctrl: false, meta: false, shift: false};

/** Modifiers as a number in a sequence has them: one more than the sum of their bits. */
export function modifiersOf(parameter: number | undefined): Modifiers {
	const bits = Math.max(0, (parameter ?? 1) - 1);
	// Shift 1, alt 2, ctrl 4, super 8, hyper 16, meta 32. A key with super is not that key alone.
	return {shift: (bits & 1) !== 0, ctrl: (bits & 4) !== 0, meta: (bits & (2 | 8 | 16 | 32)) !== 0};
}
