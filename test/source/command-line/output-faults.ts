import {type SpawnOptions, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import {text} from 'node:stream/consumers';
import test, {type ExecutionContext} from 'ava';
import {golemEnvironment, golemProgram, runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const environment = {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'};

/** What is written to `full` finds no room; the other stream is read. */
async function runOnFullDisk(t: ExecutionContext, full: 'stdout' | 'stderr', home: string, args: string[]) {
	const file = await fs.open('/dev/full', 'w');
	t.teardown(() => file.close());
	const stdio: SpawnOptions['stdio'] =
		full === 'stdout' ? ['ignore', file.fd, 'pipe'] : ['ignore', 'pipe', file.fd];
	const env = golemEnvironment({home, environment});
	const child = spawn(process.execPath, [golemProgram, ...args], {stdio, env});
	const told = child.stdout ?? child.stderr;
	const [words, [exitCode]] = await Promise.all([told ? text(told) : '', once(child, 'close')]);
	return {words, exitCode};
}

for (const args of [['--version'], ['vm', 'list', '--json'], ['schema'], ['discovery', '--json']]) {
	test(`golem ${args.join(' ')} fails where what it prints finds no room, and says so in a line`, async t => {
		const home = await temporaryFolder(t);
		const {words, exitCode} = await runOnFullDisk(t, 'stdout', home, args);
		t.is(exitCode, 1);
		t.is(words, 'golem: What is printed cannot be written: no space left on device.\n');
		// What it had started is not left behind.
		t.is((await runGolem(['discovery', 'status', '--json'], {home})).json.running, false);
	});
}

test('an error that finds no room keeps its exit status', async t => {
	const home = await temporaryFolder(t);
	t.is((await runOnFullDisk(t, 'stdout', home, ['vm', 'info', 'nosuch', '--json'])).exitCode, 3);
	t.is((await runOnFullDisk(t, 'stderr', home, ['vm', 'info', 'nosuch'])).exitCode, 3);
});

test('that nobody takes what is told on the side changes nothing about the command', async t => {
	const home = await temporaryFolder(t);
	const {words, exitCode} = await runOnFullDisk(t, 'stderr', home, ['config', 'set', 'DISCOVERY_PORT', '1']);
	t.is(exitCode, 0);
	t.regex(words, /^DISCOVERY_PORT is 1 in /);
});
