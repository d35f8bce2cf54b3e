import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {waitUntilProcessGone} from '../../../source/platform/process.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {fixtureCommand, fixtureLine, openPty, type Pty, stateOf, usualState} from './_pty.js';

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

for (const [how, act, status, message] of [
	['its own end', '$', 0, 'bye'],
	['an error that nobody caught', '!', 1, 'It fell over: what a pity'],
	['a promise that nobody caught', '?', 1, 'It fell over: nobody cares'],
] as const) {
	test.serial(`the terminal is as it was after ${how}`, async t => {
		const pty = await openInShell(t, {environment: {MOUSE: '1'}});
		t.deepEqual(stateOf(pty), {...taken, mouse: 'drag'});
		pty.type(act);
		await pty.shows(`status ${status}`);
		await pty.shows(message);
		await assertUsual(t, pty, how);
	});
}

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
	test.serial(`the program is asked to end by ${signal}, and the terminal is as it was`, async t => {
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
	test.serial(`a second ${signal} does not ask, and the terminal is as it was`, async t => {
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

test.serial('Ctrl-Z gives the shell its terminal, fg draws all of it anew and keeps every key', async t => {
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

test.serial('Ctrl-Z where no shell could let it go on again stops nothing', async t => {
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

test.serial(
	'a program that was stopped without being asked takes the terminal again when it goes on',
	async t => {
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
	},
);

test.serial('a program whose terminal vanishes is asked to end, once', async t => {
	const noteFile = path.join(await temporaryFolder(t), 'notes');
	const pty = openPty(t, fixtureCommand('_screen.tsx'), {environment: {NOTE_FILE: noteFile}});
	await pty.shows('note: running');
	pty.hangUp();
	t.true(await waitUntilProcessGone(pty.pid, 30_000));
	t.is(await fs.readFile(noteFile, 'utf8'), 'SIGHUP\n');
});

async function onlyChildOf(pid: number): Promise<number> {
	return Number(await fs.readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}
