import chalk from 'chalk';
import {Text} from 'ink';
import {displayText, displayWidth, fitText, graphemes, takeColumns} from './display-text.js';
import type {TextFieldState} from './text-field-state.js';

export type TextFieldProps = {
	readonly state: TextFieldState;
	readonly width: number;
	readonly isFocused: boolean;
	/** Shown while nothing is written. */
	readonly placeholder?: string;
};

/** Stands before the character that the cursor is on, where no character can be inverted. */
const barCursor = '│';

/** A line being written, scrolled so that its cursor is seen. */
export function TextField({state, width, isFocused, placeholder = ''}: TextFieldProps) {
	const isEmpty = state.text === '';
	const shown = isEmpty ? {text: displayText(placeholder), cursor: 0} : state;
	if (!isFocused) {
		return (
			<Text dimColor={isEmpty} wrap="truncate">
				{fitText(shown.text, width)}
			</Text>
		);
	}

	const hasStyles = chalk.level > 0;
	const {before, at, after} = textFieldParts(shown, width, hasStyles ? 'block' : 'bar');
	return (
		<Text wrap="truncate">
			{before}
			{hasStyles ? <Text inverse>{at}</Text> : at}
			<Text dimColor={isEmpty}>{after}</Text>
		</Text>
	);
}

/** The part that is seen: before the cursor, the cursor, and behind it; together exactly as wide as wanted. */
export function textFieldParts(
	{text, cursor}: TextFieldState,
	width: number,
	look: 'block' | 'bar',
): {before: string; at: string; after: string} {
	if (width < 1) {
		return {before: '', at: '', after: ''};
	}

	const [next = ' ', ...rest] = graphemes(text.slice(cursor));
	const at = look === 'block' ? next : barCursor;
	// A wide character has no place in a single column.
	const cursorText = displayWidth(at) > width ? ' ' : at;
	const before = lastColumns(text.slice(0, cursor), width - displayWidth(cursorText));
	const room = width - displayWidth(before) - displayWidth(cursorText);
	const behind = look === 'block' ? rest.join('') : text.slice(cursor);
	const after = takeColumns(behind, room);
	return {before, at: cursorText, after: after + ' '.repeat(room - displayWidth(after))};
}

/** The same as one text, for rows that are drawn as such; the cursor is a thin bar. */
export function writtenText(state: TextFieldState, width: number): string {
	const {before, after} = textFieldParts(state, width, 'bar');
	return width < 1 ? '' : `${before}▏${after.trimEnd()}`;
}

/** As much of the end as fits. */
function lastColumns(text: string, width: number): string {
	const kept: string[] = [];
	let columns = 0;
	for (const grapheme of graphemes(text).reverse()) {
		columns += displayWidth(grapheme);
		if (columns > width) {
			break;
		}

		kept.unshift(grapheme);
	}

	return kept.join('');
}
