import chalk from 'chalk';
import {displayText, displayWidth, fitText} from '../components/display-text.js';

export type FittedColumn<Row> = {
	title: string;
	cell: (row: Row) => string;
	/** It may be cut down to so many columns; never where nothing is said. */
	narrowest?: number;
	/** A shorter way to say it, instead of cutting. */
	short?: (row: Row) => string;
	/** What goes first where there is no room: the lowest. It stays where nothing is said. */
	rank?: number;
};

const gap = 2;

/**
A table that never wraps: with less room than it takes, cells are shortened, and then columns left out.
@param width columns of the terminal; undefined where nobody looks, and all of it is told
*/
export function fittedTable<Row>(
	columns: ReadonlyArray<FittedColumn<Row>>,
	rows: readonly Row[],
	width = terminalWidth(),
): string {
	const shown = width === undefined ? columns : withRoom(columns, rows, width);
	const widths = shareOut(shown, rows, width ?? Number.POSITIVE_INFINITY);
	const line = (texts: readonly string[]) =>
		texts
			.map((text, index) => fitText(text, widths[index] ?? 0))
			.join(' '.repeat(gap))
			.trimEnd();
	return [
		chalk.bold(line(shown.map(({title}) => title))),
		...rows.map(row => line(shown.map((column, index) => cellText(column, row, widths[index] ?? 0)))),
	].join('\n');
}

/** Undefined where what is printed goes into a file or to a program. */
function terminalWidth(): number | undefined {
	return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

function cellText<Row>({cell, short}: FittedColumn<Row>, row: Row, width: number): string {
	const text = displayText(cell(row));
	return short && displayWidth(text) > width ? short(row) : text;
}

function naturalWidth<Row>({title, cell}: FittedColumn<Row>, rows: readonly Row[]): number {
	return Math.max(displayWidth(title), ...rows.map(row => displayWidth(displayText(cell(row)))));
}

function leastWidth<Row>(column: FittedColumn<Row>, rows: readonly Row[]): number {
	const {title, short, narrowest = Number.POSITIVE_INFINITY} = column;
	return Math.min(
		naturalWidth(column, rows),
		short ? Math.max(displayWidth(title), ...rows.map(row => displayWidth(short(row)))) : narrowest,
	);
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const gaps = (columns: readonly unknown[]) => gap * (columns.length - 1);

/** Without the columns there is no room for, even with every cell as short as it may be. */
function withRoom<Row>(
	columns: ReadonlyArray<FittedColumn<Row>>,
	rows: readonly Row[],
	width: number,
): ReadonlyArray<FittedColumn<Row>> {
	const least = sum(columns.map(column => leastWidth(column, rows))) + gaps(columns);
	const [first] = columns
		.filter(({rank}) => rank !== undefined)
		.toSorted((one, other) => (one.rank ?? 0) - (other.rank ?? 0));
	return least <= width || !first
		? columns
		: withRoom(
				columns.filter(column => column !== first),
				rows,
				width,
			);
}

/** Each as wide as it is, or shorter until all of it fits: first what can be said shortly, then the last before the first. */
function shareOut<Row>(
	columns: ReadonlyArray<FittedColumn<Row>>,
	rows: readonly Row[],
	width: number,
): number[] {
	const widths = columns.map(column => naturalWidth(column, rows));
	let excess = sum(widths) + gaps(columns) - width;
	const turns = [...columns.entries()].reverse();
	for (const [index, column] of [
		...turns.filter(([, {short}]) => short),
		...turns.filter(([, {short}]) => !short),
	]) {
		const natural = widths[index] ?? 0;
		const least = leastWidth(column, rows);
		// Something between the long way to say it and the short one is no use.
		const given = column.short && excess > 0 ? least : Math.max(least, natural - Math.max(0, excess));
		widths[index] = given;
		excess -= natural - given;
	}

	return widths;
}
