import fs from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {isWhole, press} from '../support/dashboard-world.js';
import {golemProgram, runGolem} from '../support/golem.js';
import {asItWas, leftBehind, openDashboard, openScreen, type Screen} from '../support/screen.js';
import {temporaryFolder} from '../support/temporary-folder.js';
import {eventually, whenTrue} from '../support/waiting.js';

/* How the dashboard comes and goes: over an empty home, with nothing behind it. */

/** A port on which nobody is. */
const nobody = {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'};

for (const [what, end, exitCode] of [
	['q', screen => press(screen, 'q'), 0],
	['Ctrl-C', screen => press(screen, 'ctrl-c'), 0],
	['SIGTERM', screen => process.kill(screen.pid, 'SIGTERM'), 0],
	['SIGHUP', screen => process.kill(screen.pid, 'SIGHUP'), 0],
	['SIGINT', screen => process.kill(screen.pid, 'SIGINT'), 0],
] as ReadonlyArray<readonly [string, (screen: Screen) => void, number]>) {
	test.serial(`${what} leaves the terminal as it was, with status ${exitCode}`, async t => {
		const screen = await open(t);
		t.is(leftBehind(screen).screen, 'alternate');
		t.true(leftBehind(screen).paste);
		press(screen, 'm');
		await screen.shows('The mouse selects now');
		t.not(leftBehind(screen).mouse, 'none');
		end(screen);
		t.is((await screen.ended()).exitCode, exitCode);
		t.deepEqual(leftBehind(screen), asItWas);
	});
}

test.serial('a fault in the program gives the terminal back, says what it was, and ends with 1', async t => {
	const provoke = 'process.once("SIGUSR2", () => { throw new Error("provoked") })';
	const screen = await open(t, {
		NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(provoke)}`,
	});
	press(screen, 'm');
	await screen.shows('The mouse selects now');
	process.kill(screen.pid, 'SIGUSR2');
	t.is((await screen.ended()).exitCode, 1);
	t.deepEqual(leftBehind(screen), asItWas);
	await screen.shows(['the dashboard has failed: provoked', 'Daemons and VMs go on.']);
});

test.serial('a terminal that is closed ends the program', async t => {
	const screen = await open(t);
	screen.hangUp();
	await t.notThrowsAsync(
		eventually('it has gone', async () =>
			fs.access(`/proc/${screen.pid}`).then(
				() => undefined,
				() => true,
			),
		),
	);
});

test.serial(
	'Ctrl-Z gives the terminal to the shell, fg draws all of it again, and echo is as it was',
	async t => {
		const home = await temporaryFolder(t);
		const shell = openScreen(['bash', '--norc', '--noprofile', '-i'], {
			home,
			environment: {...nobody, PS1: 'here> '},
		});
		t.teardown(() => shell.close());
		await shell.shows('here>');
		const before = await modesOf(shell, 'before');
		shell.type(`'${process.execPath}' '${golemProgram}'\r`);
		await eventually('the dashboard is there', () => whenTrue(isWhole(shell)));
		for (let round = 0; round < 2; round++) {
			press(shell, 'ctrl-z');
			await shell.shows(['Stopped', 'here>']);
			t.like(leftBehind(shell), asTheShellHasIt);
			t.is(await modesOf(shell, `round${round}`), before);
			shell.type('fg\r');
			await eventually('the dashboard is there again', () => whenTrue(isWhole(shell)));
			press(shell, '4');
			await shell.shows('[4 Daemons');
			press(shell, '1');
			await shell.shows('[1 VMs');
		}

		press(shell, 'q');
		await shell.shows('here>');
		t.like(leftBehind(shell), asTheShellHasIt);
		shell.type('echo status $?\r');
		await shell.shows(/^status 0$/m);
		t.is(await modesOf(shell, 'after'), before);
	},
);

test.serial('where CI is set the dashboard is drawn all the same', async t => {
	const screen = await open(t, {CI: 'true'});
	press(screen, '4');
	await screen.shows('[4 Daemons');
	press(screen, 'q');
	t.is((await screen.ended()).exitCode, 0);
	t.deepEqual(leftBehind(screen), asItWas);
});

test.serial('nothing that is sent clears the screen or what was scrolled away', async t => {
	const screen = await open(t);
	for (const [key, what] of [
		['4', '[4 Daemons'],
		[':', 'All actions'],
		['ctrl-g', '[4 Daemons'],
		['?', 'The keys that work here'],
		['ctrl-g', '[4 Daemons'],
		['m', 'The mouse selects now'],
	] as const) {
		press(screen, key);
		await screen.shows(what);
	}

	screen.resize({columns: 120, rows: 40});
	await screen.shows(/━▶ \d/);
	press(screen, 'q');
	await screen.ended();
	// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
	t.notRegex(screen.raw(), /\u001B\[[23]J/);
	t.notRegex(screen.raw(), /\(node:\d+\)/, 'no warning of Node’s');
});

test.serial('with NO_COLOR nothing is coloured, and what is selected can still be told', async t => {
	const screen = await open(t, {NO_COLOR: '1'});
	press(screen, '4');
	await screen.shows(/^› discovery +down/m);
	press(screen, ':');
	await screen.shows('All actions');
	press(screen, 'ctrl-g', 'q');
	await screen.ended();
	t.deepEqual(coloursIn(screen.raw()), []);

	const coloured = await open(t);
	press(coloured, 'q');
	await coloured.ended();
	t.not(coloursIn(coloured.raw()).length, 0, 'without it there are some');
});

test.serial('where there is no terminal, it says what there is for scripts, and ends with 2', async t => {
	const home = await temporaryFolder(t);
	const {exitCode, stdout, stderr} = await runGolem([], {home, environment: nobody});
	t.is(exitCode, 2);
	t.is(stdout, '');
	t.regex(stderr, /needs a terminal/);
	t.regex(stderr, /golem --json/);
	for (const line of ['golem | cat', 'golem < /dev/null']) {
		const screen = openScreen(
			['bash', '-c', `set -o pipefail; ${line.replace('golem', `'${process.execPath}' '${golemProgram}'`)}`],
			{home, environment: nobody},
		);
		t.teardown(() => screen.close());
		t.is((await screen.ended()).exitCode, 2, line);
		await screen.shows(['needs a terminal', 'golem --json']);
	}

	const {json} = await runGolem(['--json'], {home, environment: nobody});
	t.deepEqual(Object.keys(json.daemons), ['discovery', 'port-checker', 'provider']);
});

for (const [title, setting] of [
	['a terminal that can only print', 'TERM=dumb'],
	['somebody who listens to the screen', 'INK_SCREEN_READER=true'],
] as const) {
	test.serial(`${title} gets lines instead of a full screen`, async t => {
		const screen = openScreen(['env', setting, process.execPath, golemProgram], {
			home: await temporaryFolder(t),
			environment: {...nobody, NO_COLOR: '1'},
		});
		t.teardown(() => screen.close());
		t.is((await screen.ended()).exitCode, 0);
		await screen.shows([/^discovery +http:\/\/127\.0\.0\.1:1: .*cannot/m, /^DAEMON +STATE/m]);
		t.notRegex(screen.raw(), escapeSequence);
	});
}

test.serial('an empty home says what can be done, and which discovery does not answer', async t => {
	const screen = await open(t);
	await screen.shows(['You have no VMs.', 'd shows how it works on this machine', '✗ http://127.0.0.1:1']);
	press(screen, '2');
	await screen.shows(/^ *http:\/\/127\.0\.0\.1:1 does not answer/m);
	press(screen, '3');
	await screen.shows(['No provider runs on this machine.', 'u starts the provider']);
	press(screen, '4');
	await screen.shows([/discovery +down/, /port-checker +down/, /provider +down/]);
	press(screen, '1', 'c');
	await screen.shows(/! No provider is known: http:\/\/127\.0\.0\.1:1 does not answer\./);
	press(screen, 'd');
	await screen.shows(/no guest image on this machine yet. Get ready with: golem setup/);
	press(screen, 'q');
	t.is((await screen.ended()).exitCode, 0);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const escapeSequence = /\u001B/;

async function open(t: ExecutionContext, environment: Record<string, string> = {}): Promise<Screen> {
	const screen = await openDashboard(t, {
		home: await temporaryFolder(t),
		environment: {...nobody, ...environment},
	});
	await screen.shows('q quit');
	return screen;
}

/** The shell itself has pastes marked while it waits for a line, so that is left out. */
const asTheShellHasIt = {screen: 'normal', mouse: 'none', wraps: true, hasCursor: true};

/** What the terminal's driver does with keys and lines, as `stty` tells it. */
async function modesOf(shell: Screen, name: string): Promise<string> {
	shell.type(`stty -g > ${name}; echo told ${name}\r`);
	await shell.shows(new RegExp(`^told ${name}$`, 'm'));
	const cwd = await fs.readlink(`/proc/${shell.pid}/cwd`);
	const modes = await fs.readFile(`${cwd}/${name}`, 'utf8');
	shell.type('clear\r');
	await shell.hides(`told ${name}`);
	return modes;
}

/** Every sequence that sets a colour of text or background. */
function coloursIn(raw: string): string[] {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
	const styles = raw.match(/\u001B\[[\d;:]*m/g) ?? [];
	return styles.filter(style => /(?:^|[[;])(?:3\d|4\d|9\d|10\d)(?=[;:m])/.test(style));
}
