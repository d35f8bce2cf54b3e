import {Box} from 'ink';
import {joinSpans, type Span, TextLine, type TextStyle} from './text-line.js';

/** One cell: what it stands for, and how it looks. */
export type GridCell = {
	/** Shown before its row where it is the first in it. */
	readonly label: string;
	/** One column wide. */
	readonly symbol: string;
	readonly style?: TextStyle;
};

/** How cells are laid out in the room there is. */
export type GridShape = {
	cellsPerRow: number;
	rows: number;
	/** Cells that are shown; the rest is told in a row of its own, which counts among the rows. */
	shown: number;
	/** Is there a gap between cells? */
	isSpaced: boolean;
};

export type PortGridProps = {
	readonly cells: readonly GridCell[];
	readonly shape: GridShape;
	/** Columns; then it is drawn in just as many. */
	readonly width?: number;
	/** Says in one row what is not shown. */
	readonly describeHidden: (hidden: ReadonlyArray<{index: number; cell: GridCell}>) => string;
};

const labelGap = 2;
const groupSize = 10;

/** A cell for each thing, so many to a row, each row with the name of its first. */
export function PortGrid({cells, shape, width, describeHidden}: PortGridProps) {
	const fixed = width === undefined ? {} : {width};
	const {cellsPerRow, rows, shown, isSpaced} = shape;
	if (cells.length === 0 || rows <= 0) {
		return null;
	}

	const labelWidth = widestLabel(cells);
	const starts = Array.from({length: Math.ceil(shown / cellsPerRow)}, (_, row) => row * cellsPerRow);
	return (
		<Box flexDirection="column">
			{starts.map(start => (
				<TextLine
					{...fixed}
					key={start}
					spans={gridRow(cells.slice(start, Math.min(start + cellsPerRow, shown)), labelWidth, isSpaced)}
				/>
			))}
			{shown < cells.length && (
				<TextLine
					{...fixed}
					spans={[
						{
							text: describeHidden(cells.slice(shown).map((cell, offset) => ({index: shown + offset, cell}))),
							style: {dimColor: true},
						},
					]}
				/>
			)}
		</Box>
	);
}

function gridRow(cells: readonly GridCell[], labelWidth: number, isSpaced: boolean): Span[] {
	const label = (cells[0]?.label ?? '').padStart(labelWidth) + ' '.repeat(labelGap);
	return joinSpans([
		{text: label, style: {dimColor: true}},
		...cells.flatMap(({symbol, style}, index): Span[] => {
			const gap = isSpaced || (index + 1) % groupSize === 0 ? ' ' : '';
			return [{text: symbol + gap, ...(style ? {style} : {})}];
		}),
	]);
}

/** Spaced where everything fits so, dense where that shows more. */
export function gridShape(cells: readonly GridCell[], room: {columns: number; rows: number}): GridShape {
	const width = room.columns - widestLabel(cells) - labelGap;
	const shapes = [true, false].map(isSpaced =>
		shapeOf(cells.length, cellsInRow(width, isSpaced), room.rows, isSpaced),
	);
	const [spaced, dense] = shapes;
	return spaced && (spaced.shown === cells.length || !dense || dense.shown <= spaced.shown)
		? spaced
		: (dense ?? {cellsPerRow: 1, rows: 0, shown: 0, isSpaced: false});
}

function shapeOf(count: number, cellsPerRow: number, rows: number, isSpaced: boolean): GridShape {
	const wanted = Math.ceil(count / cellsPerRow);
	if (wanted <= rows) {
		return {cellsPerRow, rows: wanted, shown: count, isSpaced};
	}

	// The last row tells of the others.
	return {cellsPerRow, rows: Math.max(0, rows), shown: Math.max(0, rows - 1) * cellsPerRow, isSpaced};
}

/** A multiple of ten wherever ten fit. */
function cellsInRow(width: number, isSpaced: boolean): number {
	const most = isSpaced ? Math.floor((width + 1) / 2) : Math.floor((width + 1) / (groupSize + 1)) * groupSize;
	return Math.max(1, most >= groupSize ? most - (most % groupSize) : isSpaced ? most : width);
}

function widestLabel(cells: readonly GridCell[]): number {
	return cells.reduce((widest, {label}) => Math.max(widest, label.length), 0);
}
