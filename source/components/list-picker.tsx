import {Box, Text} from 'ink';
import {useMemo} from 'react';
import {displayText, displayWidth, fitText, graphemes, truncateText} from './display-text.js';
import {type PickerItem, type PickerMatch, type PickerState, pickerMatches} from './list-picker-state.js';
import {scrollTo} from './scrolling.js';
import {TextField} from './text-field.js';

export type ListPickerProps = {
	readonly items: readonly PickerItem[];
	readonly state: PickerState;
	readonly width: number;
	readonly placeholder?: string;
};

const prompt = '> ';
const marks = {selected: '› ', other: '  '} as const;

/** A query, and under it what answers; one row higher than the state says. */
export function ListPicker({items, state, width, placeholder = ''}: ListPickerProps) {
	const matches = useMemo(() => pickerMatches(items, state.query.text), [items, state.query.text]);
	const index = Math.min(state.index, matches.length - 1);
	const top = scrollTo(index, {top: state.top, height: state.height, count: matches.length});
	const visible = matches.slice(top, top + state.height);
	const fieldWidth = Math.max(0, width - prompt.length);
	return (
		<Box flexDirection="column" width={width} height={state.height + 1} flexShrink={0} overflow="hidden">
			<Box>
				<Text>{prompt}</Text>
				<TextField isFocused state={state.query} width={fieldWidth} placeholder={placeholder} />
			</Box>
			{visible.map((match, row) => (
				<PickerLine key={match.item.id} match={match} width={width} isSelected={top + row === index} />
			))}
			{matches.length === 0 && (
				<Text dimColor wrap="truncate">
					{fitText(`${marks.other}nothing found`, width)}
				</Text>
			)}
		</Box>
	);
}

function PickerLine({
	match,
	width,
	isSelected,
}: {
	readonly match: PickerMatch<PickerItem>;
	readonly width: number;
	readonly isSelected: boolean;
}) {
	const {label, detail} = pickerLineParts(match.item, width);
	return (
		<Text inverse={isSelected} wrap="truncate">
			{isSelected ? marks.selected : marks.other}
			{splitAtMatches(label, match.positions).map(({text, isMatch}, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: pieces of a label have no identity.
				<Text key={index} bold={isMatch} underline={isMatch}>
					{text}
				</Text>
			))}
			<Text dimColor={!isSelected}>{detail}</Text>
		</Text>
	);
}

/** A detail of which less is seen says nothing. */
const leastDetail = 12;

/** The label, and at the right as much of the detail as there is room for, and its mark; together as wide as wanted. */
export function pickerLineParts(item: PickerItem, width: number): {label: string; detail: string} {
	const room = Math.max(0, width - marks.other.length);
	const mark = item.mark ? truncateText(`  ${displayText(item.mark)}`, room) : '';
	const label = truncateText(displayText(item.label), room - displayWidth(mark));
	const left = room - displayWidth(label) - displayWidth(mark);
	const whole = item.detail ? `  ${displayText(item.detail)}` : '';
	const detail = displayWidth(whole) <= left || left >= leastDetail ? truncateText(whole, left) : '';
	return {label, detail: fitText(detail, left, 'right') + mark};
}

/** Positions count code points; a character of which one is matched is shown as matched. */
function splitAtMatches(
	label: string,
	positions: readonly number[],
): Array<{text: string; isMatch: boolean}> {
	const matched = new Set(positions);
	const pieces: Array<{text: string; isMatch: boolean}> = [];
	let position = 0;
	for (const text of graphemes(label)) {
		const length = [...text].length;
		const isMatch = Array.from({length}, (_, offset) => position + offset).some(at => matched.has(at));
		position += length;
		const last = pieces.at(-1);
		if (last?.isMatch === isMatch) {
			last.text += text;
		} else {
			pieces.push({text, isMatch});
		}
	}

	return pieces;
}
