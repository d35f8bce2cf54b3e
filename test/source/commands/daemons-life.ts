import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {golemPaths} from '../../../source/platform/paths.js';
import {isProcessAlive} from '../../../source/platform/process.js';
import {version} from '../../../source/platform/program.js';
import {versionHeader} from '../../../source/protocol/control.js';
import {runGolem, startGolem} from '../../support/golem.js';
import {startHttpServer} from '../../support/http-server.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {foreignDiscovery} from '../daemon-control/_foreign-daemon.js';

async function begin(t: ExecutionContext) {
	const home = await temporaryFolder(t);
	const options = {home, environment: {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'}};
	const golem = (...args: string[]) => runGolem(args, options);
	t.teardown(() => golem('discovery', 'stop'));
	return {home, golem, options};
}

test('a start of what runs already changes nothing, and names the flags that ask for something else', async t => {
	const {golem} = await begin(t);
	const first = await golem('discovery', '--detach', '--json');
	const port = Number(new URL(first.json.listening).port);
	const same = await golem('discovery', '--detach', '--port', String(port), '--json');
	t.is(same.exitCode, 0);
	t.true(same.json.was_running);
	t.is(same.json.differences, undefined);
	t.is(same.stderr, '');

	const other = await golem('discovery', '--detach', '--port', '1', '--host', '127.0.0.1', '--json');
	t.is(other.exitCode, 0);
	t.is(other.json.pid, first.json.pid);
	t.deepEqual(other.json.differences, [{flag: '--port', asked: 1, running: port}]);
	t.regex(other.stderr, new RegExp(`runs already, with --port ${port}; stop it first`));
});

test('a start that fails says why and shows the end of the log', async t => {
	const {golem} = await begin(t);
	const taken = await startHttpServer(t, response => response.end());
	const {port} = new URL(taken.url);
	const told = await golem('discovery', '--detach', '--port', port);
	t.is(told.exitCode, 6);
	t.regex(told.stderr, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}`));
	t.regex(told.stderr, /The end of its log:\n.*starting/);
	t.is(told.stdout, '');

	const {json} = await golem('discovery', '--detach', '--port', port, '--json');
	t.is(json.error.code, 'PORT_TAKEN');
	t.false(json.error.message.includes('\n'));
	t.regex(json.error.details.log.join('\n'), /starting/);
});

test('in the foreground, too, --json makes a document of what keeps a daemon from starting', async t => {
	const {golem} = await begin(t);
	for (const name of ['discovery', 'port-checker', 'provider']) {
		const {exitCode, json, stdout} = await golem(name, '--json', '--port', '70000');
		t.is(exitCode, 2, stdout);
		t.is(json.error.code, 'SETTINGS_INVALID');
		t.regex(json.error.message, /70000/);
	}
});

test('in the foreground --json is its status at each change, one a line, and Ctrl-C ends it with 0', async t => {
	const {options} = await begin(t);
	const running = startGolem(['discovery', '--json'], options);
	t.teardown(() => running.signal('SIGKILL'));
	await running.printed('"listening"');
	running.signal('SIGINT');
	const {exitCode, stdout} = await running.ended;
	t.is(exitCode, 0);
	const events = stdout
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line));
	t.is(events[0].event, 'status');
	t.false(await isProcessAlive(events[0].pid));
});

test('in the foreground --json ends with the last words of a daemon that dies, whichever it is', async t => {
	const {options} = await begin(t);
	for (const name of ['discovery', 'port-checker']) {
		const running = startGolem([name, '--json', '--host', '127.0.0.1', '--port', '0'], options);
		t.teardown(() => running.signal('SIGKILL'));
		await running.printed('"event":"status"');
		const {pid} = JSON.parse(running.stdout().slice(0, running.stdout().indexOf('\n')));
		process.kill(pid, 'SIGKILL');
		const {exitCode, stdout} = await running.ended;
		t.is(exitCode, 1, stdout);
		const {error} = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
		t.is(error.code, 'DAEMON_ENDED');
		t.is(error.message, `The ${name} has ended by itself, with exit status 1.`);
		t.regex(error.details.log.join('\n'), /ready/);
	}
});

test('restart stops it and starts it with the flags and the folder it had', async t => {
	const {home, golem, options} = await begin(t);
	const folder = path.join(home, 'elsewhere');
	await fs.mkdir(folder);
	await fs.writeFile(path.join(folder, '.env'), 'DISCOVERY_RATE_LIMIT_PER_MINUTE=7\n');
	const first = await runGolem(['discovery', '--detach', '--host', '127.0.0.2', '--json'], {
		...options,
		cwd: folder,
	});
	t.is(first.exitCode, 0, first.stdout);
	const again = await golem('discovery', 'restart', '--json');
	t.is(again.exitCode, 0, again.stdout);
	t.true(again.json.was_running);
	t.not(again.json.pid, first.json.pid);
	t.is(new URL(again.json.listening).hostname, '127.0.0.2');
	t.false(await isProcessAlive(first.json.pid));
	const environment = await fs.readFile(`/proc/${again.json.pid}/environ`, 'utf8');
	t.true(environment.split('\0').includes(`GOLEM_WORKING_FOLDER=${folder}`));
});

test('restart of one of another version, too, stops it and starts it with the flags it had', async t => {
	const {home, golem} = await begin(t);
	const old = await foreignDiscovery(t, home, {environment: {GOLEM_FLAGS: '{"host":"127.0.0.2"}'}});
	const {exitCode, json, stdout} = await golem('discovery', 'restart', '--json');
	t.is(exitCode, 0, stdout);
	t.true(json.was_running);
	t.is(new URL(json.listening).hostname, '127.0.0.2');
	t.false(await isProcessAlive(old));
});

test('restart starts what did not run, and leaves alone what could not start again', async t => {
	const {home, golem} = await begin(t);
	const started = await golem('discovery', 'restart', '--json');
	t.is(started.exitCode, 0, started.stdout);
	t.false(started.json.was_running);

	await fs.writeFile(path.join(home, 'config.json'), '{"DISCOVERY_DEBUG":"perhaps"}');
	const refused = await golem('discovery', 'restart', '--json');
	t.is(refused.exitCode, 2);
	t.regex(refused.json.error.message, /DISCOVERY_DEBUG=perhaps \(from config\.json\)/);
	t.is((await golem('discovery', 'status', '--json')).json.pid, started.json.pid);
});

test('what does not run is stopped already, and its status says how it ended and how to start it', async t => {
	const {golem} = await begin(t);
	const never = await golem('discovery', 'stop');
	t.is(never.exitCode, 0);
	t.regex(never.stdout, /was not running/);
	t.regex((await golem('discovery', 'status')).stdout, /has never run here/);

	const {json} = await golem('discovery', '--detach', '--json');
	process.kill(json.pid, 'SIGKILL');
	await eventually('it is gone', async () => whenTrue(!(await isProcessAlive(json.pid))));
	const killed = await golem('discovery', 'status', '--json');
	t.is(killed.exitCode, 5);
	t.is(killed.json.ended, 'killed');
	t.true(Date.parse(killed.json.since) >= Date.parse(json.started_at) - 1000);
	t.regex(killed.json.log.at(-1), /ready/);
	t.is(killed.json.start, 'golem discovery --detach');
	const told = await golem('discovery', 'status');
	t.is(told.exitCode, 5);
	t.regex(told.stdout, /without a word[\s\S]*golem discovery --detach/);
});

test('a stop that takes its time is told of', async t => {
	const home = await temporaryFolder(t);
	const paths = golemPaths(home);
	await fs.mkdir(paths.run);
	const slow = startGolem(['discovery', '--json'], {
		home: await temporaryFolder(t),
		environment: {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'},
	});
	t.teardown(() => slow.signal('SIGKILL'));
	await slow.printed('"listening"');
	// It takes the request, and its process goes on for now.
	await startHttpServer(t, response => response.end(JSON.stringify({pid: slow.pid})), {
		path: paths.daemonSocket('discovery'),
	});
	const stopping = startGolem(['discovery', 'stop', '--json'], {home});
	t.teardown(() => stopping.signal('SIGKILL'));
	await stopping.printed(`Waiting for the discovery (pid ${slow.pid}) to end`);
	slow.signal('SIGTERM');
	const {exitCode, json} = await stopping.ended;
	t.is(exitCode, 0);
	t.deepEqual(json, {name: 'discovery', stopped: true, pid: slow.pid, service_stopped: false});
});

test('a provider whose guest image is of another version is not stopped for a start that would fail', async t => {
	const {home, golem} = await begin(t);
	const paths = golemPaths(home);
	await fs.mkdir(paths.run);
	const status = {
		name: 'provider',
		pid: process.pid,
		version,
		started_at: '2026-03-01T12:00:00.000Z',
		listening: 'http://127.0.0.1:7466',
		healthy: true,
		busy_with: [],
	};
	const {requests} = await startHttpServer(
		t,
		response => response.setHeader(versionHeader, version).end(JSON.stringify(status)),
		{path: paths.daemonSocket('provider')},
	);
	const {exitCode, json} = await golem('provider', 'restart', '--json');
	t.is(exitCode, 1);
	t.is(json.error.code, 'IMAGE_MISSING');
	t.regex(json.error.hint, /left as it is.*golem setup/);
	t.deepEqual(
		requests.filter(request => !request.startsWith('GET ')),
		[],
	);
});
