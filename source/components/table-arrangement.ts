import {matchesQuery, parseQuery} from './fuzzy.js';
import type {TableColumn, TableRow, TableSort} from './table-state.js';

type SortKey = string | number | undefined;

/** What is known of a row; a row that changes is another object, so none of this has to be forgotten. */
type Entry<Row> = {
	readonly row: Row;
	query?: string;
	isMatch: boolean;
	sortColumn?: string;
	sortKey: SortKey;
	/** The arrangement it was last part of. */
	step: number;
};

/** Which rows are shown, and in which order; the same array as long as nothing is different. */
export type Arrange<Row> = (
	rows: readonly Row[],
	state: {readonly filter: string; readonly sort: TableSort | undefined},
) => readonly Row[];

/**
 * Filters and sorts rows, again and again as some of them change: a row that is the same object as before is neither
 * matched nor measured anew, and what was in order stays so. Rows that compare equal are in the order of their keys.
 */
export function createArrange<Row extends TableRow>(columns: readonly TableColumn<Row>[]): Arrange<Row> {
	const entries = new WeakMap<Row, Entry<Row>>();
	let step = 0;
	let ordered: Array<Entry<Row>> = [];
	let last: {rows: readonly Row[]; filter: string; sort: string; result: readonly Row[]} | undefined;

	return (rows, {filter, sort}) => {
		const column = sort && columns.find(({id}) => id === sort.column);
		const order = column ? `${sort.isDescending ? '-' : '+'}${sort.column}` : '';
		if (last && last.rows === rows && last.filter === filter && last.sort === order) {
			return last.result;
		}

		step += 1;
		const isSameOrder = last?.sort === order;
		const matches = matcher(columns, filter);
		const fresh: Array<Entry<Row>> = [];
		for (const row of rows) {
			const entry = entryOf(entries, row);
			if (entry.step !== step && matches(entry)) {
				if (!column || !isSameOrder || entry.step !== step - 1) {
					fresh.push(entry);
				}

				entry.step = step;
			}
		}

		if (column && sort) {
			const kept = isSameOrder ? ordered.filter(entry => entry.step === step) : [];
			ordered = sortEntries([...kept, ...fresh], column, sort.isDescending);
		} else {
			ordered = fresh;
		}

		const result = ordered.map(({row}) => row);
		last = {rows, filter, sort: order, result};
		return result;
	};
}

function entryOf<Row extends TableRow>(entries: WeakMap<Row, Entry<Row>>, row: Row): Entry<Row> {
	const known = entries.get(row);
	if (known) {
		return known;
	}

	const entry = {row, isMatch: false, sortKey: undefined, step: 0};
	entries.set(row, entry);
	return entry;
}

function matcher<Row>(columns: readonly TableColumn<Row>[], filter: string): (entry: Entry<Row>) => boolean {
	const query = parseQuery(filter);
	return entry => {
		if (entry.query !== filter) {
			entry.query = filter;
			entry.isMatch =
				query.words.length + query.unwanted.length === 0 ||
				matchesQuery(
					query,
					columns.map(column => column.text(entry.row)),
				);
		}

		return entry.isMatch;
	};
}

/** Nearly in order but for the end, as they mostly are, this takes about one comparison a row. */
function sortEntries<Row extends TableRow>(
	entries: Array<Entry<Row>>,
	column: TableColumn<Row>,
	isDescending: boolean,
): Array<Entry<Row>> {
	for (const entry of entries) {
		if (entry.sortColumn !== column.id) {
			entry.sortColumn = column.id;
			entry.sortKey = sortKeyOf(column, entry.row);
		}
	}

	const direction = isDescending ? -1 : 1;
	return entries.sort(
		(one, other) =>
			compareSortKeys(one.sortKey, other.sortKey, direction) || compare(one.row.key, other.row.key),
	);
}

function sortKeyOf<Row>(column: TableColumn<Row>, row: Row): SortKey {
	const key = column.sortKey ? column.sortKey(row) : column.text(row).toLowerCase();
	return typeof key === 'number' && Number.isNaN(key) ? undefined : key;
}

/** What has no value is last in either direction; numbers come before texts. */
function compareSortKeys(one: SortKey, other: SortKey, direction: number): number {
	if (one === undefined || other === undefined) {
		return Number(one === undefined) - Number(other === undefined);
	}

	if (typeof one === 'number' && typeof other === 'number') {
		return (one - other) * direction || 0;
	}

	if (typeof one === 'string' && typeof other === 'string') {
		return compare(one, other) * direction;
	}

	return (typeof one === 'number' ? -1 : 1) * direction;
}

function compare(one: string, other: string): number {
	return one < other ? -1 : one > other ? 1 : 0;
}
