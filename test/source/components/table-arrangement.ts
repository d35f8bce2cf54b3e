import test from 'ava';
import fc from 'fast-check';
import {createArrange} from '../../../source/components/table-arrangement.js';
import type {TableColumn, TableSort} from '../../../source/components/table-state.js';

type Vm = {readonly key: string; readonly name: string; readonly load: number | undefined};

const columns: ReadonlyArray<TableColumn<Vm>> = [
	{id: 'name', title: 'NAME', width: {min: 4}, text: ({name}) => name},
	{id: 'load', title: 'LOAD', width: {min: 4}, text: ({load}) => String(load), sortKey: ({load}) => load},
];

const vm = (key: string, load?: number, name = key): Vm => ({key, name, load});
const keysOf = (rows: readonly Vm[]) => rows.map(({key}) => key);
const by = (column: string, isDescending = false): TableSort => ({column, isDescending});
const unsorted = {filter: '', sort: undefined};

test('rows stay as they come where nothing is said', t => {
	t.deepEqual(keysOf(createArrange(columns)([vm('b'), vm('a')], unsorted)), ['b', 'a']);
});

test('rows are sorted by a column, by their keys where they are equal, and last where they have no value', t => {
	const rows = [vm('d', 2), vm('c'), vm('b', 10), vm('a', 2), vm('e', Number.NaN)];
	const arrange = createArrange(columns);
	t.deepEqual(keysOf(arrange(rows, {filter: '', sort: by('load')})), ['a', 'd', 'b', 'c', 'e']);
	t.deepEqual(keysOf(arrange(rows, {filter: '', sort: by('load', true)})), ['b', 'a', 'd', 'c', 'e']);
	t.deepEqual(keysOf(arrange(rows, {filter: '', sort: by('name', true)})), ['e', 'd', 'c', 'b', 'a']);
	t.deepEqual(keysOf(arrange(rows, {filter: '', sort: by('gone')})), ['d', 'c', 'b', 'a', 'e']);
});

test('the filter looks at every column', t => {
	const rows = [vm('web', 5), vm('data-base', 7)];
	const arrange = createArrange(columns);
	t.deepEqual(keysOf(arrange(rows, {filter: 'db 7', sort: undefined})), ['data-base']);
	t.deepEqual(keysOf(arrange(rows, {filter: '!web', sort: undefined})), ['data-base']);
});

test('the same rows give the same array', t => {
	const arrange = createArrange(columns);
	const rows = [vm('b', 1), vm('a', 2)];
	const first = arrange(rows, {filter: '', sort: by('load')});
	t.is(arrange(rows, {filter: '', sort: by('load')}), first);
	t.not(arrange([...rows], {filter: '', sort: by('load')}), first);
});

test('only rows that changed are read', t => {
	let reads = 0;
	const counting = columns.map(column => ({
		...column,
		text(row: Vm) {
			reads += 1;
			return column.text(row);
		},
		sortKey(row: Vm) {
			reads += 1;
			return row.load;
		},
	}));
	const arrange = createArrange(counting);
	const rows = Array.from({length: 1000}, (_, index) => vm(`vm-${index}`, index % 17));
	const state = {filter: 'vm', sort: by('load')};
	arrange(rows, state);
	t.is(reads, 1000 * (columns.length + 1));
	reads = 0;
	arrange(rows.with(5, vm('vm-5', 3)), state);
	t.is(reads, columns.length + 1);
});

const anyVm = fc.record({
	key: fc.constantFrom(...'abcdefghij'),
	name: fc.constantFrom('web', 'Data', 'x1', 'X1', 'web-2'),
	load: fc.option(fc.integer({min: 0, max: 3}), {nil: undefined}),
});
const anyRows = fc.uniqueArray(anyVm, {selector: ({key}) => key});
const anyStep = fc.record({
	rows: anyRows,
	/** Rows that stay the objects they were. */
	keeps: fc.boolean(),
	filter: fc.constantFrom('', 'w', 'x1', '!web', 'w 2'),
	sort: fc.option(fc.record({column: fc.constantFrom('name', 'load'), isDescending: fc.boolean()}), {
		nil: undefined,
	}),
});

test('however it came about, an arrangement is what sorting the filtered rows from scratch gives', t => {
	fc.assert(
		fc.property(fc.array(anyStep, {minLength: 1, maxLength: 8}), steps => {
			const arrange = createArrange(columns);
			let rows: readonly Vm[] = [];
			for (const {rows: next, keeps, filter, sort} of steps) {
				const before = new Map(rows.map(row => [row.key, row]));
				rows = next.map(row => (keeps && before.get(row.key)) || row);
				const arranged = arrange(rows, {filter, sort});
				t.deepEqual(arranged, createArrange(columns)(rows, {filter, sort}));
				t.deepEqual(
					arranged.toSorted(byKey),
					createArrange(columns)(rows, {filter, sort: undefined}).toSorted(byKey),
				);
				t.true(arranged.every((row, index) => index === 0 || isInOrder(arranged[index - 1], row, sort)));
			}
		}),
		{numRuns: 500},
	);
});

function byKey(one: Vm, other: Vm): number {
	return one.key < other.key ? -1 : 1;
}

function isInOrder(before: Vm | undefined, row: Vm, sort: TableSort | undefined): boolean {
	if (!before || !sort) {
		return true;
	}

	const worth = ({name, load}: Vm) =>
		sort.column === 'name' ? name.toLowerCase() : (load ?? (sort.isDescending ? -1 : 99));
	const [first, second] = sort.isDescending ? [worth(row), worth(before)] : [worth(before), worth(row)];
	return first === second ? before.key < row.key : first < second;
}
