import test from 'ava';
import fc from 'fast-check';
import {
	emptyTable,
	followRows,
	reduceTable,
	type TableAction,
	type TableState,
} from '../../../source/components/table-state.js';

const rowsOf = (keys: string) => [...keys].map(key => ({key}));
const at = (selectedKey: string, change: Partial<TableState> = {}): TableState => ({
	...emptyTable,
	selectedKey,
	height: 3,
	...change,
});

test('the selection moves and stops at the ends', t => {
	const rows = rowsOf('abcdefgh');
	const after = (...actions: TableAction[]) =>
		actions.reduce((state, action) => reduceTable(state, action, rows), at('a'));
	t.like(after({type: 'move', by: 2}), {selectedKey: 'c', top: 0});
	t.like(after({type: 'move', by: 3}), {selectedKey: 'd', top: 1});
	t.like(after({type: 'move', by: -1}), {selectedKey: 'a', top: 0});
	t.like(after({type: 'end'}), {selectedKey: 'h', top: 5});
	t.like(after({type: 'end'}, {type: 'home'}), {selectedKey: 'a', top: 0});
	t.like(after({type: 'page', by: 1}), {selectedKey: 'd', top: 3});
	t.like(after({type: 'page', by: 1}, {type: 'page', by: -1}), {selectedKey: 'a', top: 0});
	t.like(after({type: 'select', key: 'f'}), {selectedKey: 'f', top: 3});
	t.like(after({type: 'select', key: 'z'}), {selectedKey: 'a'});
	t.like(after({type: 'select', key: 'f'}, {type: 'resize', height: 1}), {selectedKey: 'f', top: 5});
});

test('the same row stays selected wherever it goes', t => {
	t.like(followRows(at('b'), rowsOf('abc'), rowsOf('xyzwb')), {selectedKey: 'b', top: 2});
});

test('where the selected row goes away, the next one is selected, else the one before', t => {
	t.is(followRows(at('b'), rowsOf('abcd'), rowsOf('acd')).selectedKey, 'c');
	t.is(followRows(at('b'), rowsOf('abcd'), rowsOf('dax')).selectedKey, 'd');
	t.is(followRows(at('d'), rowsOf('abcd'), rowsOf('xab')).selectedKey, 'b');
	t.is(followRows(at('a'), rowsOf('a'), rowsOf('xy')).selectedKey, 'x');
	t.is(followRows(at('a'), rowsOf('a'), []).selectedKey, undefined);
	t.is(followRows(emptyTable, [], rowsOf('ab')).selectedKey, 'a');
});

test('a state that nothing changes is the same object', t => {
	const rows = rowsOf('abc');
	const state = followRows(at('a'), rows, rows);
	t.is(followRows(state, rows, rowsOf('abcd')), state);
});

test('a column sorts upwards, then downwards, then no more', t => {
	const sorts: Array<TableState['sort']> = [];
	let state = emptyTable;
	for (const column of ['name', 'name', 'name', 'name', 'load']) {
		state = reduceTable(state, {type: 'sort', column}, []);
		sorts.push(state.sort);
	}

	t.deepEqual(sorts, [
		{column: 'name', isDescending: false},
		{column: 'name', isDescending: true},
		undefined,
		{column: 'name', isDescending: false},
		{column: 'load', isDescending: false},
	]);
});

const anyRows = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmnop')).map(keys => keys.map(key => ({key})));
const anyAction: fc.Arbitrary<TableAction> = fc.oneof(
	fc.record({type: fc.constant('move' as const), by: fc.integer({min: -20, max: 20})}),
	fc.record({type: fc.constant('page' as const), by: fc.constantFrom(-1, 1)}),
	fc.record({type: fc.constantFrom('home' as const, 'end' as const)}),
	fc.record({type: fc.constant('select' as const), key: fc.constantFrom(...'abcdefghijklmnopq')}),
	fc.record({type: fc.constant('resize' as const), height: fc.integer({min: -1, max: 20})}),
);

test('whatever happens, the selected row exists and is seen, and no room is left unused', t => {
	fc.assert(
		fc.property(fc.array(fc.oneof(anyAction, anyRows), {maxLength: 20}), events => {
			let rows: ReadonlyArray<{key: string}> = [];
			let state = emptyTable;
			for (const event of events) {
				const before = state.selectedKey;
				if ('type' in event) {
					state = reduceTable(state, event, rows);
				} else {
					state = followRows(state, rows, event);
					rows = event;
					t.true(!rows.some(({key}) => key === before) || state.selectedKey === before);
				}

				const index = rows.findIndex(({key}) => key === state.selectedKey);
				t.is(index === -1, rows.length === 0);
				t.true(rows.length === 0 || (index >= state.top && index < state.top + state.height));
				t.true(state.top >= 0 && state.top <= Math.max(0, rows.length - state.height));
			}
		}),
		{numRuns: 1000},
	);
});
