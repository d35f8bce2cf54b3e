import test, {type ExecutionContext} from 'ava';
import {eventually, whenTrue} from '../../support/waiting.js';
import {fixtureCommand, openPty, type Pty, stateOf, typeKeys, usualState} from './_pty.js';

const taken = {...usualState, screen: 'alternate', bracketedPaste: true, wraps: false, showsCursor: false};

const assertTaken = (t: ExecutionContext, pty: Pty) => t.deepEqual(stateOf(pty), taken);

test.serial('keys typed in one breath all arrive', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx'));
	await pty.shows('note: running');
	const typed = 'abcdefghij'.repeat(20);
	pty.type(typed);
	await pty.shows('hij]');
	assertTaken(t, pty);
	pty.type('$');
	t.is((await pty.ended()).exitCode, 0);
	t.true(pty.lines().join('').includes(`keys were [${typed}]`), pty.lines().join('\n'));
	t.deepEqual(stateOf(pty), usualState);
});

test.serial(
	'the frame fills the screen to its last line, through every size, and nothing is ever cleared',
	async t => {
		const pty = openPty(t, fixtureCommand('_screen.tsx'));
		await pty.shows('note: running');
		for (const [columns, rows] of [
			[100, 30],
			[60, 12],
			[61, 9],
			[80, 24],
		] as const) {
			pty.resize(columns, rows);
			await pty.shows(`size: ${columns} × ${rows}`);
			await eventually('the last line is the bottom', () => whenTrue(pty.lines().at(-1) === 'bottom'));
			t.is(pty.lines()[0], 'top '.padEnd(columns - 1, '-'));
			t.is(pty.lines().filter(line => line !== '').length, 5, pty.lines().join('\n'));
			t.is(pty.emulator.buffer.active.baseY, 0, 'nothing has scrolled');
		}

		pty.type('$');
		await pty.ended();
		for (const clearing of ['\u001B[2J', '\u001B[3J', '\u001Bc']) {
			t.false(pty.raw().includes(clearing));
		}
	},
);

test.serial('a lone Esc, a paste and the mouse are told as what they are', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx'), {environment: {MOUSE: '1'}});
	await pty.shows('note: running');
	pty.type('\u001B');
	await pty.shows('keys: [<escape>]');
	pty.type('\u001B[200~!?$\u001B[201~');
	await pty.shows('keys: [<escape><paste !?$>]');
	pty.type('\u001B[<0;3;4M');
	await pty.shows('<press 2,3>]');
	pty.type('$');
	t.is((await pty.ended()).exitCode, 0);
	t.deepEqual(stateOf(pty), usualState);
});

test.serial('what the terminal itself says is no key, whether it comes at once or in pieces', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx'));
	await pty.shows('note: running');
	pty.type('a\u001B]11;rgb:ffff/ffff/ffff\u001B\\b');
	await pty.shows('keys: [ab]');
	await typeKeys(pty, '\u001B]11;rgb:0000/0000/0000\u001B\\cd');
	await pty.shows('keys: [abcd]');
	pty.type('$');
	t.is((await pty.ended()).exitCode, 0);
});
