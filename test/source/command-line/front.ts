import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {commands} from '../../../source/command-line/registry.js';
import {version} from '../../../source/platform/program.js';
import {golemEnvironment, golemProgram, runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const run = async (t: ExecutionContext, ...args: string[]) =>
	runGolem(args, {home: await temporaryFolder(t), timeoutMs: 30_000});

for (const flag of ['--version', '-v']) {
	test(`golem ${flag} prints the version`, async t => {
		const {stdout, exitCode} = await run(t, flag);
		t.is(stdout, `${version}\n`);
		t.is(exitCode, 0);
	});
}

test('golem alone draws, and says what else there is where there is no terminal to draw on', async t => {
	const {stdout, stderr, exitCode} = await run(t);
	t.is(exitCode, 2);
	t.is(stdout, '');
	t.regex(stderr, /needs a terminal.*\n.*golem --json/);
});

test('golem --json is one document', async t => {
	const {json, stdout} = await run(t, '--json');
	const down = {running: false, error: null};
	t.deepEqual(json.daemons, {discovery: down, 'port-checker': down, provider: down});
	t.is(stdout.trimEnd().split('\n').length, 1);
});

for (const name of Object.keys(commands).filter(Boolean)) {
	test(`golem ${name} --help prints help and does nothing`, async t => {
		const home = await temporaryFolder(t);
		const {stdout, exitCode} = await runGolem([...name.split(' '), '--help'], {home, timeoutMs: 30_000});
		t.is(exitCode, 0);
		t.true(stdout.includes(`Usage: golem ${name}`));
		t.deepEqual(await fs.readdir(home), []);
	});
}

test('golem vm alone shows its commands, as an error of usage', async t => {
	const {stdout, exitCode} = await run(t, 'vm');
	t.is(exitCode, 2);
	t.regex(stdout, /vm create/);
	t.is((await run(t, 'vm', '--help')).exitCode, 0);
});

for (const args of [
	['vm', 'lsit'],
	['provider', 'sotp'],
	['provider', '0'],
	['photosynthesis'],
	['vm', 'create'],
	['vm', 'create', 'ab'],
	['vm', 'create', 'UPPER'],
	['vm', 'create', 'my-vm', '--cpu', 'many'],
	['vm', 'create', 'my-vm', '--size', 'huge'],
	['vm', 'create', 'my-vm', '--provider-id', 'nobody'],
	['vm', 'list', 'extra'],
	['vm', 'list', '--colour'],
	['status', '--frobnicate'],
	['vm', 'providers', '--country', 'Sweden'],
]) {
	test(`golem ${args.join(' ')} is wrong usage, for people and for scripts`, async t => {
		const people = await run(t, ...args);
		t.is(people.exitCode, 2);
		t.is(people.stdout, '');
		t.regex(people.stderr, /^golem: \S/);
		t.notRegex(people.stderr, /\n\s+at .*\.js/, 'no stack trace');

		const scripts = await run(t, ...args, '--json');
		t.is(scripts.exitCode, 2);
		t.is(scripts.stderr, '');
		t.is(scripts.json.error.code, 'USAGE');
		t.is(typeof scripts.json.error.message, 'string');
		t.true('hint' in scripts.json.error);
	});
}

test('a misspelt command is answered with the one that was meant', async t => {
	t.regex((await run(t, 'vm', 'lsit')).stderr, /Did you mean: golem vm list/);
	t.regex((await run(t, 'provider', 'sotp')).stderr, /Did you mean: golem provider stop/);
});

for (const [args, code, exitCode] of [
	[['vm', 'info', 'nobody'], 'VM_UNKNOWN', 3],
	[['vm', 'ssh', 'nobody', '--', 'true'], 'VM_UNKNOWN', 3],
	[['vm', 'destroy', 'nobody', '--yes'], 'VM_UNKNOWN', 3],
	[['vm', 'access', 'nobody'], 'VM_UNKNOWN', 3],
	[['vm', 'start', 'nobody'], 'VM_UNKNOWN', 3],
	[['vm', 'stop', 'nobody'], 'VM_UNKNOWN', 3],
	[['provider', 'logs'], 'NO_LOG', 3],
] as const) {
	test(`golem ${args.join(' ')} fails with ${exitCode}, and with one JSON document where that is asked for`, async t => {
		const [first, ...others] = args;
		const {json, stdout, stderr, exitCode: status} = await run(t, first, '--json', ...others);
		t.is(status, exitCode);
		t.is(json.error.code, code, stdout);
		t.is(stderr, '');
		t.is(stdout.trimEnd().split('\n').length, 1);
		t.is((await run(t, ...args)).exitCode, exitCode);
	});
}

test('a discovery server that is not there is told as such, with exit status 5', async t => {
	const {json, exitCode} = await runGolem(['vm', 'providers', '--json'], {
		home: await temporaryFolder(t),
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'},
	});
	t.is(exitCode, 5);
	t.is(json.error.code, 'NOT_REACHABLE');
	t.regex(json.error.hint, /GOLEM_REQUESTOR_DISCOVERY_URL/);
});

test('status of a daemon that does not run is 5, and still one document', async t => {
	const {json, exitCode} = await run(t, 'provider', 'status', '--json');
	t.is(exitCode, 5);
	t.like(json, {running: false, name: 'provider', start: 'golem provider --detach'});
});

test('stopping a daemon that does not run is no failure', async t => {
	const {json, exitCode} = await run(t, 'provider', 'stop', '--json');
	t.is(exitCode, 0);
	t.deepEqual(json, {name: 'provider', stopped: false, pid: null, service_stopped: false});
});

test('a damaged config.json is told by its name, and with exit status 2', async t => {
	const home = await temporaryFolder(t);
	await fs.writeFile(path.join(home, 'config.json'), '{"half');
	const {json, exitCode} = await runGolem(['vm', 'list', '--json'], {home});
	t.is(exitCode, 2);
	t.is(json.error.code, 'SETTINGS_INVALID');
	t.true(json.error.message.includes(path.join(home, 'config.json')));
});

test('--quiet prints ids only', async t => {
	const {stdout, stderr} = await run(t, 'identity', '--quiet');
	t.regex(stdout, /^0x[0-9a-f]{40}\n$/);
	t.is(stderr, '');
	t.is((await run(t, 'vm', 'list', '--quiet')).stdout, '');
});

test('a reader that has enough ends the program without a word', async t => {
	const home = await temporaryFolder(t);
	await fs.mkdir(path.join(home, 'logs'));
	const entry = `${JSON.stringify({level: 'info', time: '2026-01-01T00:00:00Z', msg: 'x'.repeat(200)})}\n`;
	await fs.writeFile(path.join(home, 'logs', 'provider.log'), entry.repeat(9000));
	const child = spawn(process.execPath, [golemProgram, 'provider', 'logs', '--lines', '9000'], {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: golemEnvironment({home}),
	});
	let stderr = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		stderr += text;
	});
	await once(child.stdout, 'data');
	child.stdout.destroy();
	const [code, signal] = await once(child, 'close');
	t.regex(stderr, /^The provider is not running; .*\n$/, 'no word of the pipe');
	t.is(signal, null);
	t.is(code, 0);
});

test('golem … | head -1 prints one line, and the pipe is not broken for the one who looks', async t => {
	const home = await temporaryFolder(t);
	const {stdout, stderr} = await execa(
		'sh',
		['-c', '"$0" "$1" --help | head -1; echo "status $?"', process.execPath, golemProgram],
		{extendEnv: false, env: golemEnvironment({home})},
	);
	t.is(stdout, 'Rent a virtual machine, or rent out your own, from one terminal.\nstatus 0');
	t.is(stderr, '');
});

for (const name of ['golem-provider', 'golem-discovery', 'port-checker']) {
	test(`${name} start is golem ${name.replace('golem-', '')}`, async t => {
		const home = await temporaryFolder(t);
		const program = path.join(path.dirname(golemProgram), 'bin', `${name}.js`);
		const {stdout, exitCode} = await execa(process.execPath, [program, 'start', '--help'], {
			reject: false,
			extendEnv: false,
			env: golemEnvironment({home}),
		});
		t.is(exitCode, 0);
		t.true(stdout.includes(`Usage: ${name} start`));
		const {exitCode: status, stdout: text} = await execa(process.execPath, [program, 'status', '--json'], {
			reject: false,
			extendEnv: false,
			env: golemEnvironment({home}),
		});
		t.is(status, 5);
		t.is(JSON.parse(text).running, false);
	});
}

test('a daemon is started on a port of its own, asked for its status, and stopped', async t => {
	const home = await temporaryFolder(t);
	const golem = (...args: string[]) => runGolem(args, {home, environment: {DISCOVERY_HOST: '127.0.0.1'}});
	const started = await golem('discovery', '--detach', '--port', '0', '--json');
	t.teardown(() => golem('discovery', 'stop'));
	t.is(started.exitCode, 0, started.stdout);
	t.regex(started.json.listening, /^http:\/\/127\.0\.0\.1:\d+$/);
	t.false(started.json.was_running);

	const again = await golem('discovery', '--detach', '--json');
	t.true(again.json.was_running);
	t.is(again.json.pid, started.json.pid);
	t.is((await golem('discovery', 'status', '--json')).json.pid, started.json.pid);
	t.is((await golem('status', '--json')).json.discovery.pid, started.json.pid);
	t.regex((await golem('discovery', 'logs', '--lines', '5')).stdout, /ready/);

	const stopped = await golem('discovery', 'stop', '--json');
	t.deepEqual(stopped.json, {
		name: 'discovery',
		stopped: true,
		pid: started.json.pid,
		service_stopped: false,
	});
	t.is((await golem('discovery', 'status', '--json')).exitCode, 5);
	t.regex((await golem('discovery', 'logs', '--lines', '2')).stdout, /ended/);
});

test('a daemon that two start at once runs once, and neither is told of an error', async t => {
	const home = await temporaryFolder(t);
	const golem = (...args: string[]) => runGolem(args, {home, environment: {DISCOVERY_HOST: '127.0.0.1'}});
	t.teardown(() => golem('discovery', 'stop'));
	const start = () => golem('discovery', '--detach', '--port', '0', '--json');
	const both = await Promise.all([start(), start()]);
	t.deepEqual(
		both.map(({exitCode}) => exitCode),
		[0, 0],
	);
	t.deepEqual(both.map(({json}) => json.was_running).sort(), [false, true]);
	t.is(new Set(both.map(({json}) => json.pid)).size, 1);
});

test('a daemon in the foreground ends by Ctrl-C, with exit status 0', async t => {
	const home = await temporaryFolder(t);
	const child = spawn(process.execPath, [golemProgram, 'discovery', '--port', '0'], {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: golemEnvironment({home, environment: {DISCOVERY_HOST: '127.0.0.1'}}),
	});
	t.teardown(() => child.kill('SIGKILL'));
	let printed = '';
	const isReady = new Promise<void>(resolve => {
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			printed += text;
			if (/ready/.test(printed)) {
				resolve();
			}
		});
	});
	await isReady;
	child.kill('SIGINT');
	const [code] = await once(child, 'close');
	t.is(code, 0);
	t.regex(printed, /ended/);
});
