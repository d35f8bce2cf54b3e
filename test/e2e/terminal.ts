import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {golemEnvironment, golemProgram} from '../support/golem.js';
import {processesOf} from '../support/leftovers.js';
import {type Network, startNetwork} from '../support/network.js';
import {keys, openTerminal, type Terminal, type TerminalOptions} from '../support/terminal.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
What a person sees and types: `golem` in a real terminal (a pty, and an emulator that reads the screen), against a real
VM. One network for all tests, which run one after the other; the first rents the VM.
*/
let network: Network;

test.before(async () => {
	network = await startNetwork();
});

test.after.always(async () => {
	await network?.tearDown();
});

test.serial('vm create shows each step as it happens, and fits into 80 by 24', async t => {
	const terminal = open(t, ['vm', 'create', 'box']);
	const seen: string[] = [];
	for (const step of ['Looking for a provider', 'Asking 127.0.0.1', 'Booting']) {
		await terminal.shows(step);
		seen.push(terminal.screen().join('\n'));
	}

	t.false(seen.at(-1)?.includes('Ready'), 'a step is shown before the next one has begun');
	t.regex(seen.at(-1) ?? '', /✓ Looking for a provider +\d+\.\d s/);
	t.is(await terminal.ended(60_000), 0);
	await terminal.shows('box is ready. Go into it with: golem vm ssh box');
	t.true(terminal.history().every(line => line.length <= 80));
	for (const step of ['Looking for a provider', 'Preparing disk and keys', 'Booting', 'Waiting for SSH']) {
		const lines = terminal.history().filter(line => line.includes(step));
		t.is(lines.length, 1, `${step} is drawn over itself, not under`);
		t.regex(lines[0] ?? '', /✓ .* \d+\.\d s$/);
	}
});

test.serial('a shell in the VM has the size of the terminal, also when that changes', async t => {
	const terminal = await openShell(t, {columns: 100, rows: 30});
	terminal.press(`stty size${keys.enter}`);
	await terminal.shows(/^30 100$/m);
	terminal.resize({columns: 72, rows: 20});
	await eventually('the guest knows the new size', async () => {
		terminal.press(`stty size${keys.enter}`);
		return terminal
			.shows(/^20 72$/m, 500)
			.then(() => true)
			.catch(() => undefined);
	});
	await leave(t, terminal);
});

test.serial('Ctrl-C interrupts what runs in the guest, and not the connection', async t => {
	const terminal = await openShell(t);
	terminal.press(`echo begun; sleep 600${keys.enter}`);
	await terminal.shows(/^begun$/m);
	terminal.press(keys.ctrlC);
	terminal.press(`echo status $?${keys.enter}`);
	await terminal.shows(/^status 130$/m);
	t.false(terminal.hasEnded());
	await leave(t, terminal);
});

test.serial('the exit status of the shell is that of vm ssh', async t => {
	const terminal = await openShell(t);
	terminal.press(`exit 7${keys.enter}`);
	t.is(await terminal.ended(), 7);
});

test.serial('Ctrl-D ends the shell', async t => {
	const terminal = await openShell(t);
	terminal.press(keys.ctrlD);
	t.is(await terminal.ended(), 0);
});

test.serial('a shell whose terminal is closed ends, and ssh with it', async t => {
	const terminal = await openShell(t);
	t.is((await processesOf(network.requestor.home)).length, 2, 'golem and ssh');
	terminal.hangUp();
	await eventually('both are gone', async () =>
		whenTrue((await processesOf(network.requestor.home)).length === 0),
	);
});

test.serial('a vm ssh that is told to end takes ssh with it', async t => {
	const running = network.requestor.start(['vm', 'ssh', 'box', '--', 'sh', '-c', 'echo begun; sleep 600']);
	await running.printed('begun');
	running.signal('SIGTERM');
	t.not((await running.ended).exitCode, 0);
	t.deepEqual(await processesOf(network.requestor.home), []);
});

test.serial('vm list has colour in a terminal, and none where NO_COLOR is set', async t => {
	const coloured = open(t, ['vm', 'list']);
	t.is(await coloured.ended(), 0);
	await coloured.shows(/box +running/);
	t.regex(coloured.raw(), escapeSequence);

	const plain = open(t, ['vm', 'list'], {environment: {NO_COLOR: '1'}});
	t.is(await plain.ended(), 0);
	await plain.shows(/box +running/);
	t.notRegex(plain.raw(), escapeSequence);

	const piped = await network.requestor.golem(['vm', 'list']);
	t.notRegex(piped.stdout, escapeSequence);
});

test.serial('vm destroy asks first, and keeps the VM when the answer is no', async t => {
	const terminal = open(t, ['vm', 'destroy', 'box']);
	await terminal.shows('Destroy box?');
	terminal.press(keys.enter);
	t.is(await terminal.ended(), 1, 'the first answer, no, is the default');
	await terminal.shows('box was kept.');
	t.is((await network.requestor.golem(['vm', 'info', 'box', '--json'])).json.status, 'running');
});

test.serial('Ctrl-C ends a creation with 130, and the VM can still be destroyed', async t => {
	const terminal = open(t, ['vm', 'create', 'given-up']);
	await terminal.shows('Booting');
	terminal.press(keys.ctrlC);
	t.is(await terminal.ended(), 130);
	const destroyed = await network.requestor.golem(['vm', 'destroy', 'given-up', '--yes', '--json']);
	t.is(destroyed.exitCode, 0, destroyed.stdout);
});

test.serial('the demo offers a shell, comes back from it, and stops all of it', async t => {
	const {home} = network.provider;
	const before = new Set((await processesOf(home)).map(({pid}) => pid));
	const terminal = open(t, ['demo'], {home});
	await terminal.shows('Open a shell in it', 60_000);
	t.true((await processesOf(`${home}/demo`)).length >= 5, 'three daemons, a supervisor and a VM');

	terminal.press(`1${keys.enter}`);
	await terminal.shows(prompt('demo'));
	terminal.press(`hostname${keys.enter}`);
	await terminal.shows(/^demo$/m);
	terminal.press(`exit${keys.enter}`);
	await eventually('the menu is back', () => whenTrue(countOf('Stop all of it', terminal.raw()) === 2));
	terminal.press(`3${keys.enter}`);
	t.is(await terminal.ended(30_000), 0);
	await terminal.shows('All of it is gone.');
	t.deepEqual(
		(await processesOf(home)).filter(({pid}) => !before.has(pid)),
		[],
	);
});

test.serial('Ctrl-C in the demo’s menu stops all of it', async t => {
	const {home} = network.provider;
	const terminal = open(t, ['demo'], {home});
	await terminal.shows('Open a shell in it', 60_000);
	terminal.press(keys.ctrlC);
	await terminal.ended(30_000);
	t.deepEqual(await processesOf(`${home}/demo`), []);
});

test.serial('on a serial line, which tells no size, words stay in one piece', async t => {
	// Where `script` itself has no terminal, that of its program has no size.
	const command = [process.execPath, golemProgram, 'demo', '--stop'].map(word => `'${word}'`).join(' ');
	const {stdout} = await execa('script', ['-qec', command, '/dev/null'], {
		stdin: 'ignore',
		extendEnv: false,
		env: golemEnvironment({home: network.requestor.home, environment: {TERM: 'vt100'}}),
	});
	t.regex(stdout, /Stopping the demo/);
	t.false(stdout.includes('\u001B[2J'), 'what was there before is not cleared away');
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const escapeSequence = /\u001B\[/;

const prompt = (name: string) => `ubuntu@${name}:~$`;

const countOf = (what: string, text: string) => text.split(what).length - 1;

function open(t: ExecutionContext, args: string[], options: Partial<TerminalOptions> = {}): Terminal {
	const terminal = openTerminal(args, {
		home: network.requestor.home,
		...options,
		environment: {...network.requestor.environment, ...options.environment},
	});
	t.teardown(() => terminal.close());
	return terminal;
}

async function openShell(t: ExecutionContext, options: Partial<TerminalOptions> = {}): Promise<Terminal> {
	const terminal = open(t, ['vm', 'ssh', 'box'], options);
	await terminal.shows(prompt('box'));
	return terminal;
}

async function leave(t: ExecutionContext, terminal: Terminal): Promise<void> {
	terminal.press(`exit${keys.enter}`);
	t.is(await terminal.ended(), 0);
}
