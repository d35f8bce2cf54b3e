import chalk from 'chalk';
import {Box, Text, Transform} from 'ink';
import {memo, useMemo} from 'react';
import {fitText} from './display-text.js';
import {layoutTable, marks, type TableCell} from './table-layout.js';
import type {TableColumn, TableRow, TableState} from './table-state.js';
import {wrapWords} from './wrap-words.js';

export type TableProps<Row> = {
	/** The same array each time: widths and texts are computed anew when it is another one. */
	readonly columns: readonly TableColumn<Row>[];
	/** As arranged. */
	readonly rows: readonly Row[];
	readonly state: TableState;
	readonly width: number;
	readonly isFocused: boolean;
	/** Shown where there are no rows. */
	readonly emptyText?: string;
};

/** A header and the rows that the state's window shows; as high as these together. */
export function Table<Row extends TableRow>({
	columns,
	rows,
	state,
	width,
	isFocused,
	emptyText = '',
}: TableProps<Row>) {
	const layout = useMemo(() => layoutTable(columns, width), [columns, width]);
	const visible = rows.slice(state.top, state.top + state.height);
	return (
		<Box flexDirection="column" width={width} height={state.height + 1} flexShrink={0} overflow="hidden">
			<Text bold wrap="truncate">
				{layout.header(state.sort)}
			</Text>
			{visible.map(row => (
				<TableLine
					key={row.key}
					cells={layout.cells(row)}
					look={row.key !== state.selectedKey ? 'plain' : isFocused ? 'focused' : 'selected'}
					width={width}
				/>
			))}
			{rows.length === 0 && emptyText !== '' && (
				<Text dimColor wrap="truncate">
					{wrapWords(emptyText, width - marks.other.length)
						.slice(0, state.height)
						.map(line => fitText(marks.other + line, width))
						.join('\n')}
				</Text>
			)}
		</Box>
	);
}

export type TableLineProps = {
	readonly cells: readonly TableCell[];
	readonly look: 'plain' | 'selected' | 'focused';
	readonly width: number;
};

/**
 * One row, drawn anew only when it looks different. Ink keeps every text that it has ever measured, which in a table
 * that changes for days is without end; so it is given blanks to measure, and the row to draw.
 */
const TableLine = memo(function TableLine({cells, look, width}: TableLineProps) {
	const text = (look === 'plain' ? marks.other : marks.selected) + cells.map(cell => cell.text).join('');
	const whole = Math.max(width, marks.selected.length);
	return (
		<Transform
			accessibilityLabel={text.trimEnd()}
			// Blanks that were cut stand for a row that has to be.
			transform={({length}) => (length < whole ? fitText(text, length) : styledLine(cells, look))}
		>
			{' '.repeat(Math.max(0, width))}
		</Transform>
	);
}, looksSame);

function styledLine(cells: readonly TableCell[], look: TableLineProps['look']): string {
	const mark = look === 'plain' ? marks.other : marks.selected;
	if (look === 'focused') {
		// Colours of single cells would be patches on the inverted row.
		return chalk.inverse(mark + cells.map(({text}) => text).join(''));
	}

	const line = mark + cells.map(({text, color}) => (color ? chalk[color](text) : text)).join('');
	return look === 'selected' ? chalk.bold(line) : line;
}

/** Rows are other objects after each change, though most changes are not seen in them. */
export function looksSame(one: TableLineProps, other: TableLineProps): boolean {
	return (
		one.look === other.look &&
		one.width === other.width &&
		(one.cells === other.cells ||
			(one.cells.length === other.cells.length &&
				one.cells.every(
					({text, color}, index) => text === other.cells[index]?.text && color === other.cells[index]?.color,
				)))
	);
}
