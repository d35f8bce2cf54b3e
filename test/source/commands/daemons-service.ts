import {once} from 'node:events';
import fs from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {daemonNames, golemPaths} from '../../../source/platform/paths.js';
import {isProcessAlive} from '../../../source/platform/process.js';
import {golemProgram, runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {foreignDiscovery} from '../daemon-control/_foreign-daemon.js';
import {serve} from '../requestor/_stand-ins.js';
import {ordinaryUser, personWithSystemd} from './_systemctl.js';

const unit = 'golem-discovery.service';

for (const name of daemonNames) {
	test(`golem ${name} install-service --dry-run prints the unit and changes nothing`, async t => {
		const {home, options, calls} = await personWithSystemd(t);
		const {stdout, stderr, exitCode} = await runGolem([name, 'install-service', '--dry-run'], options);
		t.is(exitCode, 0, stderr);
		t.true(stdout.includes(`ExecStart=${process.execPath} ${golemProgram} ${name} --detach\n`), stdout);
		t.true(stdout.includes(`Environment=GOLEM_HOME=${home}\n`));
		t.true(stderr.includes(path.join(home, '.config', 'systemd', 'user', `golem-${name}.service`)));
		t.deepEqual(await calls(), []);
		await t.throwsAsync(fs.access(path.join(home, '.config')), {code: 'ENOENT'});
	});
}

test('for root it is a unit of the system', async t => {
	const home = await temporaryFolder(t);
	const {json} = await runGolem(['provider', 'install-service', '--dry-run', '--json'], {home});
	const isRoot = process.getuid?.() === 0;
	t.is(json.scope, isRoot ? 'system' : 'user');
	t.is(json.file.startsWith('/etc/systemd/system/'), isRoot);
});

test('the service is installed once; again finds it unchanged; uninstalled it is gone', async t => {
	const {options, calls, unitFile} = await personWithSystemd(t);
	const golem = (...args: string[]) => runGolem(['discovery', 'install-service', '--json', ...args], options);

	const first = await golem();
	t.is(first.exitCode, 0, first.stdout);
	t.is(first.json.state, 'installed');
	t.is(first.json.file, unitFile);
	t.regex(await fs.readFile(unitFile, 'utf8'), /^Restart=on-failure$/m);
	t.is((await fs.stat(unitFile)).mode & 0o777, 0o644);
	t.regex(first.stderr, /loginctl enable-linger/);
	t.deepEqual(await calls(), [
		'--user show --property=Version',
		'--user daemon-reload',
		`--user is-enabled --quiet ${unit}`,
		`--user enable ${unit}`,
		`--user reset-failed ${unit}`,
		`--user start ${unit}`,
	]);

	const second = await golem();
	t.is(second.json.state, 'unchanged');
	t.false((await calls()).some(call => /daemon-reload| enable /.test(call)));

	await fs.appendFile(unitFile, '# of another version\n');
	t.is((await golem()).json.state, 'updated');
	t.true((await calls()).includes('--user daemon-reload'));

	const removed = await golem('--uninstall');
	t.is(removed.json.state, 'removed');
	await t.throwsAsync(fs.access(unitFile), {code: 'ENOENT'});
	t.true((await calls()).includes(`--user disable --now ${unit}`));
	t.is((await golem('--uninstall')).json.state, 'unchanged');
	t.is((await golem('--uninstall', '--dry-run')).exitCode, 2);
});

test('a daemon that was started by hand goes on, and it is told how to hand it over', async t => {
	const {options, calls} = await personWithSystemd(t);
	const environment = {...options.environment, DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'};
	const golem = (...args: string[]) => runGolem(['discovery', ...args], {...options, environment});
	const started = await golem('--detach', '--json');
	t.teardown(() => golem('stop'));
	t.is(started.exitCode, 0, started.stdout);
	const {json, stderr} = await golem('install-service', '--json');
	t.false(json.started);
	t.regex(stderr, new RegExp(`pid ${started.json.pid}.*golem discovery restart`));
	t.regex(stderr, /does not see.*DISCOVERY_HOST, DISCOVERY_PORT/);
	t.false((await calls()).some(call => / start /.test(call)));
	t.is((await golem('status', '--json')).json.pid, started.json.pid);

	const restarted = await golem('restart', '--json');
	t.is(restarted.exitCode, 0, restarted.stdout + restarted.stderr);
	t.is(restarted.json.service, unit);
	t.not(restarted.json.pid, started.json.pid);
	// Restarts that somebody asks for are not counted among those of a daemon that cannot live.
	t.deepEqual(await calls(), [`--user reset-failed ${unit}`, `--user restart ${unit}`]);

	const removed = await golem('install-service', '--uninstall');
	t.regex(removed.stdout, new RegExp(`is removed.*pid ${restarted.json.pid}.*by hand, and goes on`));
	t.is((await golem('status', '--json')).json.pid, restarted.json.pid);
});

test('what would not start again is not stopped for its service either', async t => {
	const {home, options, calls} = await personWithSystemd(t);
	const environment = {...options.environment, DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'};
	const golem = (...args: string[]) => runGolem(['discovery', ...args], {...options, environment});
	const {json: started} = await golem('--detach', '--json');
	t.teardown(() => golem('stop'));
	await golem('install-service');
	await calls();
	await fs.writeFile(path.join(home, 'config.json'), '{"DISCOVERY_DEBUG": "perhaps"}');
	const {exitCode, json} = await golem('restart', '--json');
	t.is(exitCode, 2);
	t.is(json.error.code, 'SETTINGS_INVALID');
	t.deepEqual(await calls(), []);
	t.is((await golem('status', '--json')).json.pid, started.pid);
});

/** A discovery that was started by hand and whose status cannot be read here; then its service was installed. */
async function foreignByHand(t: ExecutionContext, {hangs = false} = {}) {
	const {home, options, calls} = await personWithSystemd(t);
	const environment = {...options.environment, DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'};
	const golem = (...args: string[]) => runGolem(['discovery', ...args], {...options, environment});
	await golem('install-service');
	await calls();
	t.teardown(() => golem('stop'));
	const pid = await foreignDiscovery(t, home, {hangs, userId: ordinaryUser});
	return {home, golem, calls, pid};
}

/** As `foreignByHand`; the service is yet to be installed. */
async function foreignWithoutService(t: ExecutionContext, {hangs = false} = {}) {
	const {home, options, calls, unitFile} = await personWithSystemd(t);
	const golem = (...args: string[]) => runGolem(['discovery', ...args], options);
	const pid = await foreignDiscovery(t, home, {hangs, userId: ordinaryUser});
	return {golem, calls, unitFile, pid};
}

test('beside one of another version the service is installed, and it is told how to hand that one over', async t => {
	const {golem, calls, pid} = await foreignWithoutService(t);
	const {exitCode, json, stdout, stderr} = await golem('install-service', '--json');
	t.is(exitCode, 0, stdout);
	t.is(json.state, 'installed');
	t.false(json.started);
	t.regex(stderr, /of version 0\.0\.9/);
	t.regex(stderr, new RegExp(`pid ${pid}.*by hand.*golem discovery restart`));
	const told = await calls();
	t.true(told.includes(`--user enable ${unit}`));
	t.false(told.some(call => / start /.test(call)));
	t.true(await isProcessAlive(pid));
	t.regex((await golem('install-service', '--uninstall')).stdout, new RegExp(`pid ${pid}.*goes on`));
});

test('beside one that hangs the service is installed, and it is told how to end that one', async t => {
	const {golem, calls, pid} = await foreignWithoutService(t, {hangs: true});
	const {exitCode, json, stdout, stderr} = await golem('install-service', '--json');
	t.is(exitCode, 0, stdout);
	t.is(json.state, 'installed');
	t.false(json.started);
	t.regex(stderr, new RegExp(`by hand[^]*kill -9 ${pid}[^]*after that with: golem discovery restart`));
	t.false((await calls()).some(call => / start /.test(call)));
});

test('where it cannot be told who answers, no service is installed', async t => {
	const {home, options, unitFile, calls} = await personWithSystemd(t);
	const {run, daemonSocket} = golemPaths(home);
	await fs.mkdir(run);
	const stranger = http.createServer((_request, response) => response.end('{}'));
	t.teardown(() => stranger.close());
	await once(stranger.listen(daemonSocket('discovery')), 'listening');
	await Promise.all([run, daemonSocket('discovery')].map(file => fs.chmod(file, 0o777)));
	const {exitCode, json} = await runGolem(['discovery', 'install-service', '--json'], options);
	t.is(exitCode, 1);
	t.is(json.error.code, 'BAD_ANSWER');
	await t.throwsAsync(fs.access(unitFile), {code: 'ENOENT'});
	t.deepEqual(await calls(), ['--user show --property=Version']);
});

test('one of another version that was started by hand is handed over to its service, too', async t => {
	const {golem, calls, pid} = await foreignByHand(t);
	const {exitCode, json, stdout} = await golem('restart', '--json');
	t.is(exitCode, 0, stdout);
	t.true(json.was_running);
	t.not(json.pid, pid);
	t.false(await isProcessAlive(pid));
	t.deepEqual(await calls(), [`--user reset-failed ${unit}`, `--user restart ${unit}`]);
});

test('one of another version is not stopped for its service where it would not start again', async t => {
	const {home, golem, calls, pid} = await foreignByHand(t);
	await fs.writeFile(path.join(home, 'config.json'), '{"DISCOVERY_DEBUG": "perhaps"}');
	const {exitCode, json} = await golem('restart', '--json');
	t.is(exitCode, 2);
	t.is(json.error.code, 'SETTINGS_INVALID');
	t.true(await isProcessAlive(pid));
	t.deepEqual(await calls(), []);
});

test('of one that hangs and was started by hand, restart says how to end it, as stop does', async t => {
	const {golem, calls, pid} = await foreignByHand(t, {hangs: true});
	const {exitCode, json} = await golem('restart', '--json');
	t.is(exitCode, 7);
	t.is(json.error.code, 'NET_001');
	t.is(json.error.details.pid, pid);
	t.regex(json.error.hint, new RegExp(`kill -9 ${pid}`));
	t.deepEqual(await calls(), []);
});

test('restart says where the unit is of another golem, and has it run all the same', async t => {
	const {options, unitFile} = await personWithSystemd(t);
	const environment = {...options.environment, DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'};
	const golem = (...args: string[]) => runGolem(['discovery', ...args], {...options, environment});
	t.teardown(() => golem('stop'));
	await golem('install-service');
	const remedy = /golem-discovery\.service is not as .*golem discovery install-service/;
	const asWritten = await golem('restart', '--json');
	t.is(asWritten.exitCode, 0, asWritten.stdout);
	t.notRegex(asWritten.stderr, remedy);

	await fs.appendFile(unitFile, '# of another version\n');
	const {exitCode, stdout, stderr, json} = await golem('restart', '--json');
	t.is(exitCode, 0, stdout);
	t.regex(stderr, remedy);
	t.is(json.service, unit);
});

test('stop also ends the tries of a service to start again', async t => {
	const {options, calls, isAboutToStart} = await personWithSystemd(t);
	const golem = (...args: string[]) => runGolem(['discovery', ...args], options);
	await golem('install-service');
	await calls();
	t.is((await golem('stop')).stdout, 'The discovery was not running.\n');
	t.false((await calls()).includes(`--user stop ${unit}`));
	t.is((await golem('status', '--json')).json.service, null);
	await isAboutToStart();
	t.is((await golem('status', '--json')).json.service, unit);
	t.regex((await golem('status')).stdout, /systemd is about to start it again/);
	const {exitCode, stdout} = await golem('stop');
	t.is(exitCode, 0);
	t.regex(stdout, /^The discovery was not running. systemd was to start it again, and is not any more.\n$/);
	t.is((await calls()).at(-1), `--user stop ${unit}`);

	await isAboutToStart();
	const nothing = {name: 'discovery', stopped: false, pid: null};
	t.deepEqual((await golem('stop', '--json')).json, {...nothing, service_stopped: true});
	t.deepEqual((await golem('stop', '--json')).json, {...nothing, service_stopped: false});
});

test('of a service that does not start it is told what the daemon itself has said', async t => {
	const {options, isAboutToStart} = await personWithSystemd(t);
	const taken = await serve(t, (_request, _body, response) => response.end());
	const environment = {
		...options.environment,
		DISCOVERY_HOST: '127.0.0.1',
		DISCOVERY_PORT: String(taken.port),
	};
	const golem = (...args: string[]) => runGolem(['discovery', ...args], {...options, environment});
	await golem('install-service');
	await isAboutToStart();
	const {exitCode, stderr} = await golem('restart');
	t.is(exitCode, 1);
	t.regex(stderr, /The end of its log:\n {2}\S+ info {2}starting version=/);
	t.regex(stderr, /tries again every 10 s.*golem discovery stop/);
	const {json} = await golem('restart', '--json');
	t.is(json.error.code, 'SERVICE_FAILED');
	t.notRegex(json.error.message, /starting/);
	t.regex(json.error.details.log[0], /starting version=/);
	t.regex(json.error.details.log.join('\n'), /cannot listen|in use/i);
});

test('without systemd it is told what to do instead', async t => {
	const home = await temporaryFolder(t);
	if (ordinaryUser !== undefined) {
		await fs.chown(home, ordinaryUser, ordinaryUser);
	}

	const {json, exitCode} = await runGolem(['provider', 'install-service', '--json'], {
		home,
		userId: ordinaryUser,
		environment: {PATH: home},
	});
	t.is(exitCode, 1);
	t.is(json.error.code, 'NO_SYSTEMD');
	t.true(
		json.error.hint.includes(
			`@reboot GOLEM_HOME=${home} ${process.execPath} ${golemProgram} provider --detach`,
		),
	);
});
