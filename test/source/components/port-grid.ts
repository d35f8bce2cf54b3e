import test from 'ava';
import {type GridCell, gridShape} from '../../../source/components/port-grid.js';
import {filledColumns} from '../../../source/components/progress-bar.js';
import {joinSpans} from '../../../source/components/text-line.js';

const cells = (count: number): GridCell[] =>
	Array.from({length: count}, (_, index) => ({label: String(50_800 + index), symbol: 'o'}));

for (const [count, columns, rows, shape] of [
	[100, 80, 10, {cellsPerRow: 30, rows: 4, shown: 100, isSpaced: true}],
	[100, 80, 3, {cellsPerRow: 60, rows: 2, shown: 100, isSpaced: false}],
	[16, 200, 10, {cellsPerRow: 90, rows: 1, shown: 16, isSpaced: true}],
	[1000, 80, 5, {cellsPerRow: 60, rows: 5, shown: 240, isSpaced: false}],
	[5, 12, 5, {cellsPerRow: 3, rows: 2, shown: 5, isSpaced: true}],
	[0, 80, 5, {rows: 0, shown: 0}],
	[100, 80, 0, {rows: 0, shown: 0}],
] as const) {
	test(`${count} cells in ${columns} by ${rows} are laid out to fit`, t => {
		t.like(gridShape(cells(count), {columns, rows}), shape);
	});
}

test('a bar is full only when all is done, and empty only when nothing is', t => {
	t.is(filledColumns(0, 40), 0);
	t.is(filledColumns(0.001, 40), 1);
	t.is(filledColumns(0.5, 40), 20);
	t.is(filledColumns(0.999, 40), 39);
	t.is(filledColumns(1, 40), 40);
	t.is(filledColumns(Number.NaN, 40), 0);
});

test('neighbours that look the same are drawn as one', t => {
	const green = {color: 'green'};
	t.deepEqual(joinSpans([{text: 'a', style: green}, {text: 'b', style: {...green}}, {text: 'c'}]), [
		{text: 'ab', style: green},
		{text: 'c'},
	]);
});
