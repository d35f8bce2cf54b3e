import {displayText, graphemes} from './display-text.js';

/** A line that is being written. */
export type TextFieldState = {
	/** Only what can be drawn. */
	readonly text: string;
	/** Before which of the text's code units new text goes; never within a character. */
	readonly cursor: number;
};

export type TextFieldAction =
	| {readonly type: 'insert'; readonly text: string}
	| {
			readonly type:
				| 'backspace'
				| 'delete'
				| 'left'
				| 'right'
				| 'wordLeft'
				| 'wordRight'
				| 'home'
				| 'end'
				| 'deleteWord'
				| 'killToStart'
				| 'killToEnd'
				| 'killLine';
	  };

export const emptyTextField: TextFieldState = {text: '', cursor: 0};

/** A field with something in it, ready to go on behind that. */
export function textField(text: string): TextFieldState {
	const shown = displayText(text);
	return {text: shown, cursor: shown.length};
}

/** What a field does on an action. */
export function reduceTextField(state: TextFieldState, action: TextFieldAction): TextFieldState {
	const {text, cursor} = state;
	const before = text.slice(0, cursor);
	const after = text.slice(cursor);
	switch (action.type) {
		case 'insert':
			return joined(before + action.text, after);
		case 'backspace':
			return joined(withoutLast(before), after);
		case 'delete':
			return joined(before, withoutFirst(after));
		case 'left':
			return {text, cursor: withoutLast(before).length};
		case 'right':
			return {text, cursor: text.length - withoutFirst(after).length};
		case 'wordLeft':
			return {text, cursor: withoutLastWord(before).length};
		case 'wordRight':
			return {text, cursor: text.length - withoutFirstWord(after).length};
		case 'home':
			return {text, cursor: 0};
		case 'end':
			return {text, cursor: text.length};
		case 'deleteWord':
			return joined(withoutLastWord(before), after);
		case 'killToStart':
			return joined('', after);
		case 'killToEnd':
			return joined(before, '');
		case 'killLine':
			return emptyTextField;
	}
}

/** What stands on either side of a cut may become one character; the cursor goes behind it then. */
function joined(before: string, after: string): TextFieldState {
	const text = displayText(before + after);
	const wanted = displayText(before).length;
	let cursor = 0;
	for (const grapheme of graphemes(text)) {
		if (cursor >= wanted) {
			break;
		}

		cursor += grapheme.length;
	}

	return {text, cursor};
}

function withoutLast(text: string): string {
	return graphemes(text).slice(0, -1).join('');
}

function withoutFirst(text: string): string {
	return graphemes(text).slice(1).join('');
}

/** Goes back over what is between words, then over the word. */
function withoutLastWord(text: string): string {
	const characters = graphemes(text);
	const word = characters.findLastIndex(isOfWord);
	const between = characters.slice(0, word + 1).findLastIndex(character => !isOfWord(character));
	return characters.slice(0, between + 1).join('');
}

function withoutFirstWord(text: string): string {
	const characters = graphemes(text);
	const word = characters.findIndex(isOfWord);
	const length = characters.slice(Math.max(0, word)).findIndex(character => !isOfWord(character));
	return word === -1 || length === -1 ? '' : characters.slice(word + length).join('');
}

function isOfWord(character: string): boolean {
	return /[\p{L}\p{N}]/u.test(character);
}
