import type {ForegroundColorName} from 'chalk';
import {fitText} from './display-text.js';
import type {TableColumn, TableRow, TableSort} from './table-state.js';

/** A piece of a row; its text is safe to draw. */
export type TableCell = {readonly text: string; readonly color: ForegroundColorName | undefined};

export type ColumnWidth<Row> = {readonly column: TableColumn<Row>; readonly width: number};

/** How the rows of a table look in a given width: each is exactly so wide. */
export type TableLayout<Row> = {
	readonly header: (sort: TableSort | undefined) => string;
	readonly cells: (row: Row) => readonly TableCell[];
};

/** Stands before the selected row, so that colour is not the only thing that says so. */
export const marks = {selected: '› ', other: '  '} as const;

const markWidth = marks.selected.length;
const gap = 1;

export function layoutTable<Row extends TableRow>(
	columns: readonly TableColumn<Row>[],
	width: number,
): TableLayout<Row> {
	const widths = columnWidths(columns, width - markWidth);
	const known = new WeakMap<Row, readonly TableCell[]>();
	const line = (cells: readonly TableCell[]) => withGaps(cells, Math.max(0, width - markWidth), widths);

	return {
		header: sort =>
			fitText(
				marks.other +
					line(widths.map(shown => ({text: headerText(shown, sort), color: undefined})))
						.map(({text}) => text)
						.join(''),
				width,
			),
		cells(row) {
			const cells =
				known.get(row) ??
				line(
					widths.map(({column, width: columns_}) => ({
						text: fitText(column.text(row), columns_, column.align),
						color: column.color?.(row),
					})),
				);
			known.set(row, cells);
			return cells;
		},
	};
}

/** The columns that have room, and how much each of them gets. */
export function columnWidths<Row>(
	columns: readonly TableColumn<Row>[],
	width: number,
): Array<ColumnWidth<Row>> {
	const shown = [...columns];
	while (shown.length > 1 && leastWidth(shown) > width) {
		shown.splice(leastWanted(shown), 1);
	}

	const spare = Math.max(0, width - leastWidth(shown));
	const shares = shown.reduce((sum, column) => sum + (column.width.grow ?? 0), 0);
	let given = 0;
	let sharesSoFar = 0;
	return shown.map(column => {
		sharesSoFar += column.width.grow ?? 0;
		// Rounded on the sum, so that nothing is lost on the way.
		const upToHere = shares === 0 ? 0 : Math.round((spare * sharesSoFar) / shares);
		const extra = upToHere - given;
		given = upToHere;
		return {column, width: Math.max(0, Math.min(column.width.min + extra, width))};
	});
}

function leastWidth<Row>(columns: readonly TableColumn<Row>[]): number {
	return columns.reduce((sum, column) => sum + column.width.min, 0) + gap * Math.max(0, columns.length - 1);
}

function leastWanted<Row>(columns: readonly TableColumn<Row>[]): number {
	let least = 0;
	for (const [index, {priority = 0}] of columns.entries()) {
		if (priority <= (columns[least]?.priority ?? 0)) {
			least = index;
		}
	}

	return least;
}

function headerText<Row>({column, width}: ColumnWidth<Row>, sort: TableSort | undefined): string {
	if (sort?.column !== column.id || width < 1) {
		return fitText(column.title, width, column.align);
	}

	const mark = sort.isDescending ? '▼' : '▲';
	const title = fitText(column.title, width - 1, column.align);
	// Right behind the title, not at the column's far end.
	return column.align === 'right' ? title + mark : fitText(title.trimEnd() + mark, width);
}

/** A gap behind each cell but the last, which takes what is left of the row. */
function withGaps<Row>(
	cells: readonly TableCell[],
	width: number,
	widths: ReadonlyArray<ColumnWidth<Row>>,
): TableCell[] {
	const used = widths.reduce((sum, column) => sum + column.width, 0) + gap * Math.max(0, widths.length - 1);
	return cells.map((cell, index) => ({
		...cell,
		text: cell.text + ' '.repeat(index < cells.length - 1 ? gap : Math.max(0, width - used)),
	}));
}
