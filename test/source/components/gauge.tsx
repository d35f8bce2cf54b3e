import test from 'ava';
import fc from 'fast-check';
import {renderToString} from 'ink';
import {displayWidth} from '../../../source/components/display-text.js';
import {barText, Gauge, gaugeParts} from '../../../source/components/gauge.js';
import {Sparkline, sparklineText} from '../../../source/components/sparkline.js';
import {hostileText} from './_texts.js';

const gauge = (fraction: number | undefined, width = 22, label = 'CPU') => {
	const {before, bar, after} = gaugeParts(label, fraction, width);
	return before + bar + after;
};

test('a gauge says how much in eighths of a column and in percent', t => {
	t.is(gauge(0.43), 'CPU ▕████▎     ▏  43 %');
	t.is(gauge(0), 'CPU ▕          ▏   0 %');
	t.is(gauge(1), 'CPU ▕██████████▏ 100 %');
	t.is(gauge(1.5), 'CPU ▕██████████▏ 150 %');
	t.is(gauge(undefined), 'CPU ▕          ▏   – %');
	t.is(gauge(0.43, 10), 'CPU 43 %  ');
	t.is(gauge(0.43, 6), 'CPU 4…');
});

test('a bar is full only when all is used, and empty only when nothing is', t => {
	t.is(barText(0.0001, 4), '▏   ');
	t.is(barText(0.9999, 4), '███▉');
	t.is(gauge(0.999).slice(-4), '99 %');
	t.is(barText(Number.NaN, 4), '    ');
});

test('a gauge is as wide as wanted, whatever it says', t => {
	fc.assert(
		fc.property(
			hostileText,
			fc.option(fc.double(), {nil: undefined}),
			fc.nat(60),
			(label, fraction, width) => {
				t.is(displayWidth(gauge(fraction, width, label)), width);
			},
		),
	);
	t.is(renderToString(<Gauge label="CPU" fraction={0.43} width={22} />), 'CPU ▕████▎     ▏  43 %');
});

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

test('a sparkline can say what it goes from and to', t => {
	const describe = (lowest: number, highest: number) => `${lowest}–${highest}`;
	const draw = (width: number) =>
		renderToString(<Sparkline values={[1, 2, 8]} width={width} describe={describe} />, {columns: width});
	t.is(draw(9).trimEnd(), '  ▁▂█ 1–8');
	t.is(draw(3).trimEnd(), '1–8');
});
