import type {TextFieldAction} from '../components/text-field-state.js';
import type {KeyEvent, PasteEvent} from '../terminal/input-event.js';
import {keyOf} from './keys.js';

const edits: Readonly<Record<string, Exclude<TextFieldAction, {type: 'insert'}>['type']>> = {
	backspace: 'backspace',
	delete: 'delete',
	left: 'left',
	right: 'right',
	'ctrl-left': 'wordLeft',
	'alt-b': 'wordLeft',
	'ctrl-right': 'wordRight',
	'alt-f': 'wordRight',
	home: 'home',
	'ctrl-a': 'home',
	end: 'end',
	'ctrl-e': 'end',
	'ctrl-w': 'deleteWord',
	'alt-backspace': 'deleteWord',
	'ctrl-u': 'killToStart',
	'ctrl-k': 'killToEnd',
};

/** What a key does to a line of text; undefined where it does nothing to it. */
export function editOf(event: KeyEvent | PasteEvent): TextFieldAction | undefined {
	if (event.type === 'paste') {
		// What was copied as a whole line ends with its end.
		return {type: 'insert', text: event.text.replace(/\n+$/, '').replaceAll('\n', ' ')};
	}

	const type = edits[keyOf(event)];
	if (type !== undefined) {
		return {type};
	}

	return event.text === undefined ? undefined : {type: 'insert', text: event.text};
}

/** The keys that leave whatever is typed. */
export function isCancel(event: KeyEvent | PasteEvent): boolean {
	return event.type === 'key' && ['escape', 'ctrl-c', 'ctrl-g'].includes(keyOf(event));
}
