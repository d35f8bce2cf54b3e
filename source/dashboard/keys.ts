import type {KeyEvent} from '../terminal/input-event.js';

/** A key event as the keymap writes it: `j`, `G`, `ctrl-c`, `shift-tab`, `alt-x`. */
export function keyOf({name, text, ctrl, meta, shift}: KeyEvent): string {
	const isNamed = name.length > 1;
	return [
		...(ctrl ? ['ctrl'] : []),
		...(meta ? ['alt'] : []),
		// What writes a capital says so itself.
		...(shift && isNamed && name !== 'space' ? ['shift'] : []),
		isNamed ? name : (text ?? name),
	].join('-');
}
