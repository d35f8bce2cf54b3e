import test from 'ava';
import fc from 'fast-check';
import {layoutOf, paneAt, type Rectangle, tableRows} from '../../../source/dashboard/layout.js';
import {paneIds} from '../../../source/dashboard/panes.js';

const size = fc.record({columns: fc.integer({min: 20, max: 220}), rows: fc.integer({min: 5, max: 70})});
const focus = fc.constantFrom(...paneIds);

const isInside = (inner: Rectangle, outer: Rectangle) =>
	inner.x >= outer.x &&
	inner.y >= outer.y &&
	inner.x + inner.width <= outer.x + outer.width &&
	inner.y + inner.height <= outer.y + outer.height;

const overlap = (one: Rectangle, other: Rectangle) =>
	one.x < other.x + other.width &&
	other.x < one.x + one.width &&
	one.y < other.y + other.height &&
	other.y < one.y + one.height;

test('in every size panes lie within the body, one beside the other', t => {
	fc.assert(
		fc.property(size, focus, (given, focused) => {
			const {panes, body, mode} = layoutOf({size: given, focus: focused});
			const areas = Object.values(panes);
			const pairs = areas.flatMap((area, index) =>
				areas.slice(index + 1).map(other => [area, other] as const),
			);
			return (
				isInside(body, {x: 0, y: 0, width: given.columns, height: given.rows}) &&
				areas.every(area => area.width > 0 && area.height > 2 && isInside(area, body)) &&
				pairs.every(([area, other]) => !overlap(area, other)) &&
				areas.length === {tiles: 4, tabs: 1, 'too-small': 0}[mode]
			);
		}),
		{numRuns: 2000},
	);
	t.pass();
});

test('there are tiles from 100 × 30, tabs from 60 × 16, and nothing below', t => {
	const modeOf = (columns: number, rows: number) => layoutOf({size: {columns, rows}, focus: 'ports'}).mode;
	t.is(modeOf(100, 30), 'tiles');
	t.is(modeOf(99, 30), 'tabs');
	t.is(modeOf(100, 29), 'tabs');
	t.is(modeOf(60, 16), 'tabs');
	t.is(modeOf(59, 16), 'too-small');
	t.is(modeOf(60, 15), 'too-small');
	t.is(modeOf(220, 15), 'too-small');
	t.is(modeOf(0, 0), 'too-small');
});

test('with tabs the pane with the focus has the whole body', t => {
	const {panes, body} = layoutOf({size: {columns: 80, rows: 24}, focus: 'ports'});
	t.deepEqual(panes, {ports: body});
	t.deepEqual(body, {x: 0, y: 2, width: 80, height: 20});
});

test('each cell of a pane is found to be of that pane', t => {
	fc.assert(
		fc.property(size, focus, (given, focused) => {
			const layout = layoutOf({size: given, focus: focused});
			return paneIds.every(pane => {
				const area = layout.panes[pane];
				const found = (x: number, y: number) => paneAt(layout, x, y);
				return (
					!area ||
					(found(area.x, area.y)?.pane === pane &&
						found(area.x, area.y)?.row === -1 &&
						found(area.x, area.y + 1)?.row === 0 &&
						found(area.x + area.width - 1, area.y + area.height - 1)?.pane === pane &&
						found(area.x + 3, area.y)?.column === 3)
				);
			});
		}),
	);
	t.pass();
});

test('beside the panes there is none', t => {
	const layout = layoutOf({size: {columns: 120, rows: 40}, focus: 'vms'});
	t.is(paneAt(layout, 5, 0), undefined);
	t.is(paneAt(layout, 5, 39), undefined);
	t.is(paneAt(layout, 72, 10), undefined);
	t.is(paneAt(layoutOf({size: {columns: 20, rows: 5}, focus: 'vms'}), 3, 3), undefined);
});

test('a table has the rows of its pane without title and header, and at least one', t => {
	t.is(tableRows({x: 0, y: 0, width: 10, height: 12}), 10);
	t.is(tableRows({x: 0, y: 0, width: 10, height: 1}), 1);
});
