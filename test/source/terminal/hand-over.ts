import test from 'ava';
import {eventually, whenTrue} from '../../support/waiting.js';
import {fixtureCommand, openPty, type Pty, stateOf, typeKeys, usualState} from './_pty.js';

const taken = {...usualState, screen: 'alternate', bracketedPaste: true, wraps: false, showsCursor: false};

const letters = (count: number, start = 0) =>
	Array.from({length: count}, (_, index) => 'abcdefghijklmnopqrstuvwxyz'.charAt((start + index) % 26)).join(
		'',
	);

/** What the program on the screen says it was given, when it has ended. */
async function keysOf(pty: Pty): Promise<string> {
	pty.type('$');
	await pty.ended();
	return /keys were \[(.*)\]/.exec(pty.lines().join(''))?.[1] ?? '';
}

test.serial(
	'of keys typed all the time, a child that reads lines gets each one from its start to its end',
	async t => {
		const pty = openPty(t, fixtureCommand('_screen.tsx', fixtureCommand('_line-reader.ts')));
		await pty.shows('note: running');
		const before = letters(40);
		const boundary = letters(20, 7);
		const early = `${letters(30, 1)}\r${letters(20, 2)}\r`;
		const late = `${letters(30, 3)}\r${letters(10, 4)}end\r`;
		const [after, rest] = [letters(40, 5), letters(30, 6)];

		await typeKeys(pty, `${before}%${boundary}`);
		// From here on all is the child's, which has not begun yet.
		await pty.hasShown('\u001B[?1049l');
		await typeKeys(pty, early);
		await pty.hasShown('child is reading');
		await typeKeys(pty, late + after);
		await pty.shows('note: resumed');
		await typeKeys(pty, rest);
		await eventually('all has come', () =>
			whenTrue(
				pty
					.lines()
					.join('')
					.includes(`${rest.slice(-20)}]`),
			),
		);
		t.deepEqual(stateOf(pty), taken);

		const had = /child had <(.*?)>/.exec(pty.raw())?.[1] ?? '';
		const meant = (boundary + early + late).replaceAll('\r', '⏎').replace(/⏎$/, '');
		const childs = (early + late).replaceAll('\r', '⏎').replace(/⏎$/, '');
		t.true(had.endsWith(childs) && meant.endsWith(had), had);
		// Read in one piece with the key that led to the child: the program is told.
		const typedAhead = meant.slice(0, meant.length - had.length);
		t.is(await keysOf(pty), before + typedAhead + after + rest);
		t.deepEqual(stateOf(pty), usualState);
	},
);

test.serial('of keys typed all the time, a shell gets each one from its start to its end', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx', ['bash', '--norc', '--noprofile', '-i']), {
		environment: {PS1: 'inner> '},
	});
	await pty.shows('note: running');
	const before = letters(40);
	const [early, late] = [letters(40, 1), letters(40, 2)];
	const [after, rest] = [letters(40, 3), letters(30, 4)];

	await typeKeys(pty, `${before}%`);
	// From here on it is the shell's: its prompt need not be there yet.
	await pty.hasShown('\u001B[?1049l');
	await typeKeys(pty, `echo "<$((1+1))${early}>"\r`);
	await pty.shows(`<2${early}>`);
	await typeKeys(pty, `echo "<$((1+2))${late}>"\rexit\r${after}`);
	await pty.shows('note: resumed');
	await typeKeys(pty, rest);
	await eventually('all has come', () =>
		whenTrue(
			pty
				.lines()
				.join('')
				.includes(`${rest.slice(-20)}]`),
		),
	);
	t.true(pty.raw().includes(`<3${late}>`));
	t.deepEqual(stateOf(pty), taken);
	t.is(await keysOf(pty), before + after + rest);
	t.deepEqual(stateOf(pty), usualState);
});

test.serial(
	'after a child all of the screen is drawn anew, in the size that the terminal has by then',
	async t => {
		const pty = openPty(t, fixtureCommand('_screen.tsx', ['bash', '--norc', '--noprofile', '-i']), {
			environment: {PS1: 'inner> '},
		});
		await pty.shows('note: running');
		pty.type('%');
		await pty.shows('inner>');
		t.deepEqual(stateOf(pty), {...usualState, bracketedPaste: true}, 'the paste mode is the shell’s own');
		pty.resize(70, 18);
		pty.type('for i in {1..30}; do echo "line $i of the shell"; done\r');
		await pty.shows('line 30 of the shell');
		pty.type('exit\r');
		await pty.shows('size: 70 × 18');
		await pty.shows('note: resumed');
		t.is(pty.lines()[0], 'top '.padEnd(69, '-'));
		t.is(pty.lines().at(-1), 'bottom');
		t.false(pty.lines().join('\n').includes('of the shell'));
		pty.type('$');
		await pty.ended();
		await pty.shows('line 30 of the shell');
	},
);

test.serial('a child that dies without a word leaves a terminal that can be used', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx', ['sh', '-c', 'stty raw -echo; kill -9 $$']));
	await pty.shows('note: running');
	pty.type('%');
	await pty.shows('note: resumed');
	pty.type('abc');
	await pty.shows('[abc]');
	pty.type('$');
	t.is((await pty.ended()).exitCode, 0);
	// With `opost` gone, lines would begin where the last one ended.
	await pty.shows(/^bye\nkeys were \[abc\]$/m);
});

test.serial('Ctrl-C during a child is the child’s', async t => {
	const pty = openPty(
		t,
		fixtureCommand('_screen.tsx', ['sh', '-c', 'trap "echo caught; exit" INT; echo go; read line']),
	);
	await pty.shows('note: running');
	pty.type('%');
	await pty.hasShown('go\r\n');
	pty.type('\u0003');
	await pty.shows('note: resumed');
	t.true(pty.raw().includes('caught'));
	t.is(pty.lines()[0], 'top '.padEnd(79, '-'), 'lines that are as before are drawn, too');
	t.is(pty.lines().at(-1), 'bottom');
	pty.type('abc$');
	t.is((await pty.ended()).exitCode, 0);
	await pty.shows('keys were [abc]');
});
