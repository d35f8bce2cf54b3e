import test from 'ava';
import fc from 'fast-check';
import {sparklineText} from '../../../source/components/sparkline.js';

test('a sparkline has a column a value, the newest at the right', t => {
	t.is(sparklineText([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█');
	t.is(sparklineText([0, 1, 2, 3, 4, 5, 6, 7], 10), '  ▁▂▃▄▅▆▇█');
	t.is(sparklineText([99, 0, 7], 2), '▁█');
	t.is(sparklineText([0, undefined, 7, Number.NaN], 4), '▁ █ ');
	t.is(sparklineText([], 3), '   ');
});

test('values that are all the same are in the middle, unless bounds say where they are', t => {
	t.is(sparklineText([5, 5, 5], 3), '▄▄▄');
	t.is(sparklineText([0, 0], 2, {lowest: 0, highest: 1}), '▁▁');
	t.is(sparklineText([0, 0], 2, {lowest: 0}), '▁▁');
	t.is(sparklineText([1, 1], 2, {lowest: 0, highest: 1}), '██');
	t.is(sparklineText([-5, 5], 2, {lowest: 0, highest: 1}), '▁█');
});

test('a sparkline is as wide as wanted, whatever is measured', t => {
	const values = fc.array(fc.option(fc.double(), {nil: undefined}), {maxLength: 30});
	fc.assert(
		fc.property(values, fc.nat(20), (measured, width) => {
			const line = sparklineText(measured, width);
			t.is([...line].length, width);
			t.regex(line, /^[ ▁▂▃▄▅▆▇█]*$/);
		}),
	);
});
