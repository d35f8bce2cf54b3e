import {EventEmitter} from 'node:events';
import headless from '@xterm/headless';
import test from 'ava';
import fc from 'fast-check';
import {createFramePainter} from '../../../source/terminal/frame-painter.js';
import {createGatedOutput, frameIn} from '../../../source/terminal/gated-output.js';
import {type Size, watchSize} from '../../../source/terminal/size.js';

const size = {columns: 12, rows: 5};

async function draw(emulator: InstanceType<typeof headless.Terminal>, text: string): Promise<string[]> {
	await new Promise<void>(resolve => emulator.write(text, resolve));
	const {active} = emulator.buffer;
	return Array.from({length: emulator.rows}, (_, row) =>
		(active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
	);
}

const newEmulator = () =>
	new headless.Terminal({cols: size.columns, rows: size.rows, scrollback: 10, allowProposedApi: true});

test('whatever stood there before, a terminal shows the last frame', async t => {
	const line = fc
		.string({unit: fc.constantFrom('a', 'b', ' ', '日'), maxLength: 6})
		.map(text => text.trimEnd());
	await fc.assert(
		fc.asyncProperty(fc.array(fc.array(line, {maxLength: 7}), {minLength: 1, maxLength: 5}), async frames => {
			const emulator = newEmulator();
			await draw(emulator, '\u001B[41mold\r\n'.repeat(9));
			const painter = createFramePainter();
			for (const lines of frames) {
				const shown = await draw(emulator, painter.paint({lines, size}));
				t.deepEqual(
					shown,
					Array.from({length: size.rows}, (_, row) => lines[row] ?? ''),
				);
			}
		}),
		{numRuns: 40},
	);
});

test('only lines that changed are sent, and nothing for the same frame', t => {
	const painter = createFramePainter();
	painter.paint({lines: ['one', 'two', 'three'], size});
	const sent = painter.paint({lines: ['one', 'TWO', 'three'], size});
	t.true(sent.includes('TWO'));
	t.false(sent.includes('one') || sent.includes('three'));
	t.is(painter.paint({lines: ['one', 'TWO', 'three'], size}), '');
	painter.forget();
	t.true(painter.paint({lines: ['one', 'TWO', 'three'], size}).includes('three'));
});

for (const [written, frame] of [
	['a\nb\n', 'a\nb'],
	['\u001B[2K\u001B[1A\u001B[2K\u001B[Ga\nb', 'a\nb'],
	['\u001B[2J\u001B[3J\u001B[Ha', 'a'],
	['\u001B[31mred\u001B[39m\n', '\u001B[31mred\u001B[39m'],
	['\n', ''],
	['', undefined],
	['\u001B[?25l', undefined],
	['\u001B[?2026h', undefined],
	['\u001B[2K\u001B[1A\u001B[2K\u001B[G', undefined],
] as const) {
	test(`in ${JSON.stringify(written)} the frame is ${JSON.stringify(frame)}`, t => {
		t.is(frameIn(written), frame);
	});
}

function openOutput() {
	const terminal = Object.assign(new EventEmitter(), {...size});
	const sent: string[] = [];
	const output = createGatedOutput({terminal, write: text => sent.push(text)});
	return {terminal, sent, output};
}

test('nothing leaves a closed output, and the last frame does when it is opened', t => {
	const {output, sent} = openOutput();
	output.stdout.write('first\n');
	t.deepEqual(sent, []);
	output.open();
	t.true(sent.splice(0).join('').includes('first'));
	output.close();
	output.stdout.write('second\n');
	output.stdout.write('third\n');
	t.deepEqual(sent, []);
	output.open();
	t.regex(sent.join(''), /^(?!.*(?:first|second)).*third/);
	output.stop();
});

test('a new size reaches Ink, and all is drawn anew even where Ink has nothing new', t => {
	const {output, sent, terminal} = openOutput();
	output.open();
	output.stdout.write('same\n');
	sent.length = 0;
	let told: Size | undefined;
	output.stdout.on('resize', () => {
		told = {columns: output.stdout.columns, rows: output.stdout.rows};
	});
	Object.assign(terminal, {columns: 30, rows: 3});
	terminal.emit('resize');
	t.deepEqual(told, {columns: 30, rows: 3});
	t.true(sent.join('').includes('same'));
	output.stop();
	t.is(terminal.listenerCount('resize'), 0);
});

test('a new size is told at once, and the same size is not', t => {
	const terminal: EventEmitter & Partial<Size> = Object.assign(new EventEmitter(), {columns: 80, rows: 24});
	const watch = watchSize(terminal);
	const told: Size[] = [];
	const stop = watch.onChange(changed => told.push(changed));
	terminal.emit('resize');
	t.deepEqual(told, []);
	terminal.rows = 15;
	terminal.emit('resize');
	t.deepEqual(told, [{columns: 80, rows: 15}]);
	stop();
	terminal.columns = 0;
	terminal.emit('resize');
	t.is(told.length, 1);
	t.deepEqual(watch.current(), {columns: 80, rows: 15}, 'a terminal without a size has the usual one');
	watch.stop();
	t.is(terminal.listenerCount('resize'), 0);
});
