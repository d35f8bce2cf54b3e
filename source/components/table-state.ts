import type {ForegroundColorName} from 'chalk';
import {clampIndex, scrollTo} from './scrolling.js';

/** What a table shows a row of. Keys are unique; a row that changes becomes another object with the same key. */
export type TableRow = {readonly key: string};

export type TableColumn<Row> = {
	readonly id: string;
	readonly title: string;
	/** Columns of the screen: at least so many, and a share of what is left over. */
	readonly width: {readonly min: number; readonly grow?: number};
	readonly align?: 'left' | 'right';
	/** Where there is no room for all, the lowest go first, and among equals the last; 0 where nothing is said. */
	readonly priority?: number;
	readonly text: (row: Row) => string;
	/** What to sort by, where it is not the text; rows without a value come last. */
	readonly sortKey?: (row: Row) => string | number | undefined;
	readonly color?: (row: Row) => ForegroundColorName | undefined;
};

export type TableSort = {readonly column: string; readonly isDescending: boolean};

export type TableState = {
	/** Undefined only while there are no rows. */
	readonly selectedKey: string | undefined;
	/** The first row on the screen. */
	readonly top: number;
	/** Rows on the screen, the header not counted. */
	readonly height: number;
	readonly filter: string;
	readonly sort: TableSort | undefined;
};

export type TableAction =
	| {readonly type: 'move'; readonly by: number}
	| {readonly type: 'page'; readonly by: number}
	| {readonly type: 'home'}
	| {readonly type: 'end'}
	| {readonly type: 'select'; readonly key: string}
	| {readonly type: 'filter'; readonly text: string}
	/** Once for ascending, again for descending, and once more for the order in which the rows come. */
	| {readonly type: 'sort'; readonly column: string}
	| {readonly type: 'resize'; readonly height: number};

export const emptyTable: TableState = {
	selectedKey: undefined,
	top: 0,
	height: 1,
	filter: '',
	sort: undefined,
};

/**
 * What a table does on an action, with the rows as they are arranged now. After a new filter or sort the rows have to
 * be arranged anew and followed (`followRows`).
 */
export function reduceTable(
	state: TableState,
	action: TableAction,
	rows: ReadonlyArray<TableRow>,
): TableState {
	const index = indexOf(rows, state.selectedKey);
	switch (action.type) {
		case 'move':
			return selectAt(state, rows, index + action.by);
		case 'page': {
			const by = action.by * Math.max(1, state.height);
			return selectAt({...state, top: state.top + by}, rows, index + by);
		}
		case 'home':
			return selectAt(state, rows, 0);
		case 'end':
			return selectAt(state, rows, rows.length - 1);
		case 'select': {
			const wanted = indexOf(rows, action.key);
			return wanted === -1 ? state : selectAt(state, rows, wanted);
		}
		case 'filter':
			return {...state, filter: action.text};
		case 'sort':
			return {...state, sort: nextSort(state.sort, action.column)};
		case 'resize':
			return selectAt({...state, height: Math.max(1, action.height)}, rows, index);
	}
}

/**
 * The same row stays selected wherever it has gone. If it is no longer there, the nearest that came after it is
 * selected, else the nearest before it.
 */
export function followRows(
	state: TableState,
	before: ReadonlyArray<TableRow>,
	after: ReadonlyArray<TableRow>,
): TableState {
	const index = indexOf(after, state.selectedKey);
	return selectAt(state, after, index === -1 ? neighbour(state.selectedKey, before, after) : index);
}

function neighbour(
	selectedKey: string | undefined,
	before: ReadonlyArray<TableRow>,
	after: ReadonlyArray<TableRow>,
): number {
	const index = indexOf(before, selectedKey);
	if (index === -1) {
		return 0;
	}

	const places = new Map(after.map(({key}, place) => [key, place]));
	const candidates = [...before.slice(index + 1), ...before.slice(0, index).reverse()];
	const survivor = candidates.find(({key}) => places.has(key));
	return (survivor && places.get(survivor.key)) ?? 0;
}

function selectAt(state: TableState, rows: ReadonlyArray<TableRow>, wanted: number): TableState {
	const index = clampIndex(wanted, rows.length);
	const selectedKey = rows[index]?.key;
	const top = scrollTo(index, {top: state.top, height: state.height, count: rows.length});
	return selectedKey === state.selectedKey && top === state.top ? state : {...state, selectedKey, top};
}

function nextSort(sort: TableSort | undefined, column: string): TableSort | undefined {
	if (sort?.column !== column) {
		return {column, isDescending: false};
	}

	return sort.isDescending ? undefined : {column, isDescending: true};
}

function indexOf(rows: ReadonlyArray<TableRow>, key: string | undefined): number {
	return key === undefined ? -1 : rows.findIndex(row => row.key === key);
}
