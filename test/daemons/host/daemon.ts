import {once} from 'node:events';
import fs from 'node:fs/promises';
import net, {type AddressInfo} from 'node:net';
import path from 'node:path';
import test from 'ava';
import {startDetachedProcess} from '../../../source/platform/detached-process.js';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {killProcess} from '../../../source/platform/process.js';
import {acquireProcessLock} from '../../../source/platform/process-lock.js';
import {processEntry} from '../../../source/platform/program.js';
import {typescriptArguments} from '../../support/child-process.js';
import {spawnDaemon, startDaemon} from '../../support/daemon.js';
import {send} from '../../support/http.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

// A detached process works in `/`, from where the `tsx` of this process's own arguments is not found.
process.execArgv = typescriptArguments;

// The port checker stands for every daemon here: it has the least of its own.

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
	test(`${signal} ends a daemon in order: exit 0, no socket, a free lock`, async t => {
		const daemon = await startDaemon(t, 'port-checker');
		const paths = golemPaths(daemon.home);
		daemon.process.kill(signal);
		t.deepEqual(await daemon.ended, {code: 0, signal: null});
		await t.throwsAsync(fs.stat(paths.daemonSocket('port-checker')), {code: 'ENOENT'});
		const lock = await acquireProcessLock(paths.daemonLock('port-checker'));
		await lock.release();
		const log = await fs.readFile(paths.daemonLog('port-checker'), 'utf8');
		t.deepEqual(
			log
				.trimEnd()
				.split('\n')
				.map(line => JSON.parse(line).msg),
			['starting', 'ready', 'shutting down', 'ended'],
		);
	});
}

test('its control socket is its owner’s only', async t => {
	const daemon = await startDaemon(t, 'port-checker');
	t.is(await modeOf(daemon.socket), '600');
	t.is(await modeOf(path.dirname(daemon.socket)), '700');
	const refused = await send(
		{socket: daemon.socket},
		{path: '/v1/status', headers: {Origin: 'https://a.example'}},
	);
	t.is(refused.status, 403);
});

test('its control API is not on its public port', async t => {
	const daemon = await startDaemon(t, 'port-checker');
	t.is((await send({url: daemon.url}, {path: '/v1/status'})).status, 404);
	t.is((await send({url: daemon.url}, {method: 'POST', path: '/v1/shutdown'})).status, 404);
});

test('after a kill -9 the next start takes over the socket and the lock', async t => {
	const first = await startDaemon(t, 'port-checker');
	await first.kill();
	t.true((await fs.stat(first.socket)).isSocket());
	const second = await startDaemon(t, 'port-checker', {home: first.home});
	t.is((await second.control.status()).pid, second.pid);
});

test('a daemon with streams open ends them properly, and then itself', async t => {
	const daemon = await startDaemon(t, 'port-checker');
	const {signal} = new AbortController();
	const events = daemon.control.events(signal);
	const logs = daemon.control.logs({lines: 1, follow: true}, signal);
	await Promise.all([events.next(), logs.next()]);
	const ends = Promise.allSettled([events.next(), logs.next()]);
	t.is((await daemon.control.shutDown()).pid, daemon.pid);
	t.deepEqual(await daemon.ended, {code: 0, signal: null});
	t.deepEqual(
		(await ends).map(({status}) => status),
		['fulfilled', 'fulfilled'],
		'an answer that was cut would have failed',
	);
});

test('flags of the command beat the environment, which beats .env of the working folder', async t => {
	const home = await temporaryFolder(t);
	await fs.writeFile(path.join(home, '.env'), 'PORT_CHECK_RETRIES=none\nPORT_CHECKER_HOST=127.0.0.1\n');
	const failed = await spawnDaemon(t, 'port-checker', {home});
	t.deepEqual(await failed.ended, {code: exitCodes.usage, signal: null});
	t.regex(failed.stderr(), /PORT_CHECK_RETRIES=none \(from \.env\)/);

	const daemon = await startDaemon(t, 'port-checker', {
		home,
		environment: {
			PORT_CHECK_RETRIES: '1',
			PORT_CHECKER_PORT: 'none',
			GOLEM_FLAGS: JSON.stringify({port: 0}),
		},
	});
	t.true(daemon.url.startsWith('http://127.0.0.1:'));
});

test('a port that is taken is told with a hint, and nothing stays behind', async t => {
	const other = net.createServer().listen(0, '127.0.0.1');
	t.teardown(() => other.close());
	await once(other, 'listening');
	const {port} = other.address() as AddressInfo;
	const daemon = await spawnDaemon(t, 'port-checker', {
		environment: {PORT_CHECKER_HOST: '127.0.0.1', PORT_CHECKER_PORT: String(port)},
	});
	t.deepEqual(await daemon.ended, {code: exitCodes.conflict, signal: null});
	t.true(daemon.stderr().includes(`127.0.0.1:${port}`));
	t.true(daemon.stderr().includes('--port'));
	t.notRegex(daemon.stderr(), /\n\s+at /, 'no stack trace for what a person can mend');
	const lock = await acquireProcessLock(golemPaths(daemon.home).daemonLock('port-checker'));
	await lock.release();
});

test('a home too deep for a socket is refused before anything is made', async t => {
	const home = path.join(await temporaryFolder(t), 'x'.repeat(100));
	const daemon = await spawnDaemon(t, 'port-checker', {environment: {GOLEM_HOME: home}});
	t.deepEqual(await daemon.ended, {code: exitCodes.failed, signal: null});
	t.true(daemon.stderr().includes(home));
	await t.throwsAsync(fs.stat(home), {code: 'ENOENT'});
});

test('a detached daemon is ready when its starter hears so, and a second one fails with its reason', async t => {
	const home = await temporaryFolder(t);
	const start = async () =>
		startDetachedProcess({
			entry: processEntry('port-checker'),
			args: [],
			environment: {
				PATH: process.env['PATH'],
				GOLEM_HOME: home,
				GOLEM_WORKING_FOLDER: home,
				PORT_CHECKER_HOST: '127.0.0.1',
				PORT_CHECKER_PORT: '0',
			},
			outputFile: path.join(home, 'logs', 'port-checker.out'),
			readyTimeoutMs: 20_000,
		});
	const {pid, info} = await start();
	t.teardown(async () => killProcess(pid));
	t.is(info['pid'], pid);
	const health = await send({url: String(info['listening'])}, {path: '/health'});
	t.is(health.json.status, 'ok');

	const error = await t.throwsAsync(start(), {code: 'ALREADY_RUNNING'});
	t.true(error?.message.includes(home));
	t.is((await send({url: String(info['listening'])}, {path: '/health'})).status, 200);
	t.is(
		await fs
			.readFile(path.join(home, 'logs', 'port-checker.out'), 'utf8')
			.then(text => text.includes('"msg"')),
		false,
	);
});

test('who watches a daemon in a terminal reads lines, not JSON', async t => {
	const daemon = await startDaemon(t, 'port-checker');
	await eventually('it says that it is ready', () => whenTrue(/ready listening=http/.test(daemon.stderr())));
	t.notRegex(daemon.stderr(), /[{}]/);
});
