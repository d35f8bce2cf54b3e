import fs from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {eventually, whenTrue} from '../../support/waiting.js';
import {fixtureCommand, fixtureLine, openPty, type Pty, stateOf, typeKeys, usualState} from './_pty.js';

const taken = {...usualState, screen: 'alternate', bracketedPaste: true, wraps: false, showsCursor: false};

/** A shell with job control in which the program runs, since only it can stop and go on. */
async function openInShell(
	t: ExecutionContext,
	{args = [], environment = {}}: {args?: readonly string[]; environment?: Record<string, string>} = {},
): Promise<Pty> {
	const pty = openPty(t, ['bash', '--norc', '--noprofile', '-i'], {
		environment: {PS1: 'shell> ', ...environment},
	});
	await pty.shows('shell>');
	pty.type(`${fixtureLine('_screen.tsx', args)}; echo "status $?"\r`);
	await pty.shows('note: running');
	return pty;
}

/** The shell is asked, since its own line editing changes modes and puts them back. */
async function assertUsual(t: ExecutionContext, pty: Pty, what: string) {
	await pty.shows('shell>');
	pty.type("stty -a | tr ' ;' '\\n\\n' | grep -xE -- '-?(echo|icanon|isig|icrnl|opost)' | xargs\r");
	await pty.shows(/^(?=.*\bicrnl\b)(?=.* echo\b| *echo\b).*$/m);
	const modes = pty.lines().find(line => /^(?:-?[a-z]+ ){4}-?[a-z]+$/.test(line)) ?? '';
	t.deepEqual(modes.split(' ').toSorted(), ['echo', 'icanon', 'icrnl', 'isig', 'opost'], what);
	const {screen, mouse, wraps, showsCursor} = stateOf(pty);
	t.deepEqual(
		{screen, mouse, wraps, showsCursor},
		{screen: 'normal', mouse: 'none', wraps: true, showsCursor: true},
		what,
	);
}

const assertTaken = (t: ExecutionContext, pty: Pty) => t.deepEqual(stateOf(pty), taken);

test('keys typed in one breath all arrive', async t => {
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

test('the frame fills the screen to its last line, through every size, and nothing is ever cleared', async t => {
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
});

for (const [how, act, status, message] of [
	['its own end', '$', 0, 'bye'],
	['an error that nobody caught', '!', 1, 'It fell over: what a pity'],
	['a promise that nobody caught', '?', 1, 'It fell over: nobody cares'],
] as const) {
	test(`the terminal is as it was after ${how}`, async t => {
		const pty = await openInShell(t, {environment: {MOUSE: '1'}});
		t.deepEqual(stateOf(pty), {...taken, mouse: 'drag'});
		pty.type(act);
		await pty.shows(`status ${status}`);
		await pty.shows(message);
		await assertUsual(t, pty, how);
	});
}

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
	test(`the program is asked to end by ${signal}, and the terminal is as it was`, async t => {
		const pty = openPty(t, fixtureCommand('_screen.tsx'));
		await pty.shows('note: running');
		assertTaken(t, pty);
		pty.kill(signal);
		t.is((await pty.ended()).exitCode, 0);
		await pty.shows(`ended by ${signal}`);
		t.deepEqual(stateOf(pty), usualState);
	});
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
	test(`a second ${signal} does not ask, and the terminal is as it was`, async t => {
		const pty = openPty(t, fixtureCommand('_screen.tsx'), {environment: {PATIENT: '1'}});
		await pty.shows('note: running');
		pty.kill(signal);
		await pty.shows(`note: asked by ${signal}`);
		pty.kill(signal);
		t.deepEqual(await pty.ended(), {exitCode: 0, signal: signal === 'SIGTERM' ? 15 : 2});
		await eventually('the rest has come', () => whenTrue(stateOf(pty).screen === 'normal'));
		t.deepEqual(stateOf(pty), usualState);
	});
}

test('Ctrl-Z gives the shell its terminal, fg draws all of it anew and keeps every key', async t => {
	const pty = await openInShell(t);
	pty.type('abc');
	await pty.shows('[abc]');
	for (const [index, more] of ['d', 'e'].entries()) {
		pty.type('\u001A');
		await pty.shows('Stopped');
		await assertUsual(t, pty, `stop ${index + 1}`);
		pty.type('clear; echo was here\r');
		await pty.shows(/^was here$/m);
		pty.resize(80 + index, 20);
		pty.type('fg\r');
		await pty.shows('note: resumed');
		await pty.shows(`size: ${80 + index} × 20`);
		assertTaken(t, pty);
		t.is(pty.lines()[0], 'top '.padEnd(79 + index, '-'));
		t.is(pty.lines().at(-1), 'bottom');
		t.false(pty.lines().join('\n').includes('was here'));
		pty.type(more);
		await pty.shows(`[abcde`.slice(0, 5 + index));
	}

	pty.type('$');
	await pty.shows('keys were [abcde]');
	await assertUsual(t, pty, 'the end');
});

test('Ctrl-Z where no shell could let it go on again stops nothing', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx'));
	await pty.shows('note: running');
	pty.type('\u001A');
	await pty.shows('note: resumed');
	pty.type('abc');
	await pty.shows('[abc]');
	assertTaken(t, pty);
	pty.type('$');
	t.is((await pty.ended()).exitCode, 0);
});

test('a program that was stopped without being asked takes the terminal again when it goes on', async t => {
	const pty = await openInShell(t);
	pty.type('a');
	await pty.shows('[a]');
	process.kill(await onlyChildOf(pty.pid), 'SIGSTOP');
	await pty.hasShown('Stopped');
	pty.type('fg\r');
	await pty.shows('note: resumed');
	pty.type('b');
	await pty.shows('[ab]');
	assertTaken(t, pty);
	pty.type('$');
	await assertUsual(t, pty, 'the end');
});

test('a terminal that vanishes ends the program', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx'));
	await pty.shows('note: running');
	pty.hangUp();
	await eventually('it is gone', () => {
		try {
			process.kill(pty.pid, 0);
			return undefined;
		} catch {
			return true;
		}
	});
	t.pass();
});

test('a lone Esc, a paste and the mouse are told as what they are', async t => {
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

test('the terminal’s answer is heard and is no key, nor is one that comes late and in pieces', async t => {
	const pty = openPty(t, fixtureCommand('_screen.tsx'), {environment: {ASKS: '1'}, answers: false});
	await pty.hasShown('\u001B]11;?\u001B\\');
	pty.type('a\u001B]11;rgb:ffff/ffff/ffff\u001B\\b');
	await pty.shows('note: on light');
	await typeKeys(pty, '\u001B]11;rgb:0000/0000/0000\u001B\\cd');
	await pty.shows(/keys: \[abcd\]/);
	pty.type('$');
	t.is((await pty.ended()).exitCode, 0);
});

async function onlyChildOf(pid: number): Promise<number> {
	return Number(await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}
