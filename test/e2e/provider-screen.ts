import test, {type ExecutionContext} from 'ava';
import {spawn} from 'node-pty';
import {golemEnvironment, golemProgram} from '../support/golem.js';
import {type OwnedProcess, processesOf} from '../support/leftovers.js';
import {type Network, startNetwork} from '../support/network.js';
import {keys, openTerminal, type Terminal, type TerminalOptions} from '../support/terminal.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
What the owner of a provider sees: `golem provider` and `golem provider verify` in a real terminal, with a real port
checker. One network for all tests, whose own provider is stopped first; each test starts one as it needs it.
*/
let network: Network;

test.before(async () => {
	network = await startNetwork();
	await stopProvider();
});

test.after.always(async () => {
	await network?.tearDown();
});

test.afterEach.always(stopProvider);

const ctrlZ = '\u001A';
const ready = 'Provider Ready: can handle up to';

test.serial('golem provider draws its ports, verifies them again by v, and q ends it', async t => {
	const terminal = open(t, ['provider']);
	await terminal.shows(ready, 30_000);
	const {start} = network.provider.ports;
	await terminal.shows(new RegExp(`^ *${start}  ●( ●){15}$`, 'm'));
	await terminal.shows('● 16 verified');
	await terminal.shows(`API port ${network.provider.port} ✓ listening here, reached from outside`);
	t.true(terminal.screen().filter(line => line !== '').length < 24);

	const before = (await network.provider.control.ports()).verification.finished_at;
	terminal.press('v');
	await eventually('another verification is done', async () => {
		const {verification} = await network.provider.control.ports();
		return whenTrue(verification.phase === 'done' && verification.finished_at !== before);
	});
	await terminal.shows('● 16 verified');

	terminal.press('q');
	t.is(await terminal.ended(), 0);
	assertRestored(t, terminal);
	await terminal.shows('The provider has stopped.');
	t.deepEqual(await processesOf(network.provider.home), []);
});

for (const [what, press] of [
	['Ctrl-C', keys.ctrlC],
	['q typed in the middle of others', 'xq'],
] as const) {
	test.serial(`${what} ends golem provider as soon as it is there, and gives the terminal back`, async t => {
		const terminal = open(t, ['provider']);
		await terminal.shows('Public address');
		terminal.press(press);
		t.is(await terminal.ended(), 0);
		assertRestored(t, terminal);
		t.deepEqual(await processesOf(network.provider.home), []);
	});
}

test.serial('a terminal that is closed takes the provider with it', async t => {
	const terminal = open(t, ['provider']);
	await terminal.shows(ready, 30_000);
	terminal.hangUp();
	await t.notThrowsAsync(
		eventually('both are gone', async () =>
			whenTrue((await processesOf(network.provider.home)).length === 0),
		),
	);
});

test.serial('another size of the terminal is drawn into, and nothing of before is left', async t => {
	const terminal = open(t, ['provider'], {columns: 120, rows: 40});
	await terminal.shows(ready, 30_000);
	for (const size of [
		{columns: 60, rows: 16},
		{columns: 200, rows: 50},
		{columns: 80, rows: 24},
	]) {
		terminal.resize(size);
		await eventually(`all is drawn into ${size.columns} by ${size.rows}`, () => {
			const lines = terminal.screen();
			const count = (text: string) => lines.filter(line => line.includes(text)).length;
			return whenTrue(
				['golem provider', ready, 'q stop the provider', '16 verified'].every(text => count(text) === 1) &&
					lines.every(line => line.length <= size.columns),
			);
		});
	}

	terminal.press('q');
	t.is(await terminal.ended(), 0);
	t.false(terminal.raw().includes('\u001B[3J'), 'what was scrolled away is the user’s');
});

test.serial('Ctrl-Z gives the terminal to the shell, and fg draws it all again', async t => {
	const shell = openShell(t);
	await shell.prints('here> ');
	shell.type(`'${process.execPath}' '${golemProgram}' provider${keys.enter}`);
	await shell.prints(ready);
	shell.type(ctrlZ);
	await shell.prints('here> ');
	shell.type(`echo still $((6 * 7))${keys.enter}`);
	await shell.prints('still 42');
	t.is((await network.provider.control.status()).name, 'provider', 'the provider itself goes on');

	shell.type(`fg${keys.enter}`);
	await shell.prints(ready);
	shell.type('q');
	await shell.prints('The provider has stopped.');
	await shell.prints('here> ');
	shell.type(`echo status $?; stty -a | grep -o -- '[^ ]*icanon'${keys.enter}`);
	await shell.prints(/status 0\s+icanon/);
	t.deepEqual(await processesNamed('provider'), []);
});

test.serial('a provider that dies ends the screen with its last words', async t => {
	const terminal = open(t, ['provider']);
	await terminal.shows(ready, 30_000);
	const {pid} = await network.provider.control.status();
	process.kill(pid, 'SIGKILL');
	t.is(await terminal.ended(), 1);
	assertRestored(t, terminal);
	await terminal.shows('The provider has ended by itself. Its last words:');
});

test.serial('where a provider runs already, golem provider says so and ends with 6', async t => {
	await network.provider.run();
	const terminal = open(t, ['provider']);
	t.is(await terminal.ended(), 6);
	assertRestored(t, terminal);
	await terminal.shows('A provider is already running');
	t.like(await network.provider.golem(['provider', '--json']), {exitCode: 6, stderr: ''});
	t.is((await network.provider.golem(['provider'])).exitCode, 6);
});

test.serial('golem provider verify draws the verification where it stands, and ends', async t => {
	await network.provider.run();
	const terminal = open(t, ['provider', 'verify']);
	t.is(await terminal.ended(30_000), 0);
	await terminal.shows('● 16 verified');
	await terminal.shows('16 of 16 ports verified');
	await terminal.shows(ready);
	for (const row of ['golem provider', 'API port', '/17', 'Verified', ' reached 17 of 17 ports']) {
		const rows = terminal.history().filter(line => line.includes(row));
		t.is(rows.length, row === '/17' ? 0 : 1, `«${row}» is drawn over itself, not under`);
	}

	t.true(hasLastWord(terminal, '\u001B[?25h', '\u001B[?25l'), 'the cursor is visible');
});

test.serial('golem provider verify tells scripts the report, or the ports', async t => {
	const {start, end} = network.provider.ports;
	const missing = await network.provider.golem(['provider', 'verify', '--json']);
	t.is(missing.exitCode, 5);
	t.is(missing.json.error.code, 'NOT_RUNNING');
	t.is(missing.json.error.hint, 'Start it with: golem provider --detach');

	await network.provider.run();
	const {json, exitCode} = await network.provider.golem(['provider', 'verify', '--json']);
	t.is(exitCode, 0);
	t.is(json.verification.phase, 'done');
	t.is(json.ports.length, end - start);

	const {stdout} = await network.provider.golem(['provider', 'verify', '--quiet']);
	t.deepEqual(
		stdout.trimEnd().split('\n').map(Number),
		Array.from({length: end - start}, (_, index) => start + index),
	);
});

test.serial(
	'golem provider without a terminal prints a line per step, and as JSON an event each',
	async t => {
		const running = network.provider.start(['provider']);
		await running.printed(ready);
		running.signal('SIGTERM');
		const {stdout, stderr, exitCode} = await running.ended;
		t.is(exitCode, 0);
		t.regex(
			stdout,
			/^Public address 127\.0\.0\.1 \(as configured\)\nTrying \d+ ports from outside, by 1 port checker\n/,
		);
		t.regex(stdout, /^16 of 16 ports verified$/m);
		t.deepEqual([...new Set(stdout.split('\n'))], stdout.split('\n'), 'nothing twice');
		t.regex(stderr, /ready/, 'its log');

		const scripted = network.provider.start(['provider', '--json']);
		await scripted.printed('"phase":"done"');
		scripted.signal('SIGTERM');
		const lines = (await scripted.ended).stdout.trimEnd().split('\n');
		const events = lines.map(line => JSON.parse(line));
		t.deepEqual([...new Set(events.map(({event}) => event))].sort(), ['ports', 'status']);
		t.deepEqual([...new Set(lines)], lines, 'no event twice');
	},
);

test.serial('a provider whose front is killed goes on, and its status tells of it', async t => {
	const shell = openShell(t);
	await shell.prints('here> ');
	shell.type(`'${process.execPath}' '${golemProgram}' provider${keys.enter}`);
	await shell.prints(ready);
	const {pid} = await network.provider.control.status();
	for (const front of (await processesOf(network.provider.home)).filter(isFront)) {
		process.kill(front.pid, 'SIGKILL');
	}

	await shell.prints('Killed');
	const {json} = await network.provider.golem(['provider', 'status', '--json']);
	t.like(json, {running: true, pid});
});

/** A shell with job control in a terminal of its own. */
function openShell(t: ExecutionContext) {
	const {home, environment} = network.provider;
	const bash = spawn('bash', ['--norc', '--noprofile', '-i'], {
		name: 'xterm-256color',
		cols: 80,
		rows: 24,
		cwd: home,
		env: golemEnvironment({home, environment: {...environment, TERM: 'xterm-256color', PS1: 'here> '}}),
	});
	let printed = '';
	bash.onData(data => {
		printed += data;
	});
	t.teardown(() => bash.kill('SIGKILL'));
	return {
		/** Waits for that among what has come since it was last asked. */
		async prints(what: string | RegExp) {
			const end = await eventually(
				`the shell prints ${what}`,
				() => {
					const found = typeof what === 'string' ? printed.indexOf(what) : printed.search(what);
					return found < 0 ? undefined : found + 1;
				},
				30_000,
			).catch((error: unknown) => {
				throw new Error(`${error instanceof Error ? error.message : error}\n${printed}`);
			});
			printed = printed.slice(end);
		},
		type: (text: string) => bash.write(text),
	};
}

function isFront({commandLine}: OwnedProcess): boolean {
	return commandLine.includes(golemProgram);
}

async function processesNamed(daemon: string) {
	const all = await processesOf(network.provider.home);
	return all.filter(({commandLine}) => commandLine.includes(`/${daemon}/main`));
}

async function stopProvider(): Promise<void> {
	await network.provider.golem(['provider', 'stop']);
}

function open(t: ExecutionContext, args: string[], options: Partial<TerminalOptions> = {}): Terminal {
	const terminal = openTerminal(args, {
		home: network.provider.home,
		...options,
		environment: {...network.provider.environment, ...options.environment},
	});
	t.teardown(() => terminal.close());
	return terminal;
}

/** The shell has its screen back, with a cursor. */
function assertRestored(t: ExecutionContext, terminal: Terminal): void {
	t.true(hasLastWord(terminal, '\u001B[?25h', '\u001B[?25l'), 'the cursor is visible');
	t.true(hasLastWord(terminal, '\u001B[?1049l', '\u001B[?1049h'), 'the screen is the shell’s');
}

function hasLastWord(terminal: Terminal, last: string, other: string): boolean {
	return (
		terminal.raw().includes(last) && terminal.raw().lastIndexOf(last) > terminal.raw().lastIndexOf(other)
	);
}
