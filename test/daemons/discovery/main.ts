import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {advertisementSchema, isAdvertisementGenuine} from '../../../source/protocol/advertisement.js';
import {advertise, offer, withdraw} from '../../support/advertisements.js';
import {spawnDaemon, startDaemon} from '../../support/daemon.js';
import {postJson, send} from '../../support/http.js';
import {alice, mallory} from '../../support/identities.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const advertisements = '/api/v1/advertisements';

/** Every file under a folder, by its path from there. */
async function filesIn(folder: string): Promise<string[]> {
	const entries = await fs.readdir(folder, {recursive: true, withFileTypes: true});
	return entries
		.filter(entry => entry.isFile())
		.map(entry => path.relative(folder, path.join(entry.path, entry.name)))
		.sort();
}

test('an advertisement can be posted, found, checked and withdrawn', async t => {
	const discovery = await startDaemon(t, 'discovery');
	t.is((await advertise(discovery, alice)).status, 200);
	const {json} = await send({url: discovery.url}, {path: `${advertisements}/${alice.id}`});
	t.true(isAdvertisementGenuine(advertisementSchema.parse(json)));
	t.is((await advertise(discovery, mallory, {ip_address: '192.168.1.1'})).status, 400);
	t.is((await withdraw(discovery, mallory, alice.id)).status, 403);
	t.is((await withdraw(discovery, alice)).status, 200);
	t.deepEqual((await send({url: discovery.url}, {path: advertisements})).json, []);
});

test('its status is on the control socket, and its events tell of each advertisement', async t => {
	const discovery = await startDaemon(t, 'discovery');
	const status = await discovery.control.status();
	t.like(status, {
		name: 'discovery',
		pid: discovery.pid,
		listening: discovery.url,
		healthy: true,
		advertisements: 0,
	});
	const stop = new AbortController();
	const events = discovery.control.events(stop.signal);
	t.like((await events.next()).value, {advertisements: 0});
	await advertise(discovery, alice);
	t.like((await events.next()).value, {advertisements: 1});
	await withdraw(discovery, alice);
	t.like((await events.next()).value, {advertisements: 0});
	stop.abort();
	await events.next();
});

test('advertisements survive a shutdown and a kill -9', async t => {
	const home = await temporaryFolder(t);
	const first = await startDaemon(t, 'discovery', {home});
	await advertise(first, alice, {name: 'first'});
	await first.control.shutDown();
	t.deepEqual(await first.ended, {code: 0, signal: null});

	const second = await startDaemon(t, 'discovery', {home});
	await advertise(second, mallory, {name: 'second'});
	await second.kill();

	const third = await startDaemon(t, 'discovery', {home});
	const {json} = await send({url: third.url}, {path: advertisements});
	t.deepEqual(
		json.map(({name}: {name: string}) => name),
		['second', 'first'],
	);
	for (const advertisement of json) {
		t.true(isAdvertisementGenuine(advertisementSchema.parse(advertisement)));
	}

	const older = new Date(Date.now() - 30_000).toISOString();
	t.is((await advertise(third, alice, {}, older)).json.code, 'AUTH_002', 'it still knows what is older');
});

test('a shutdown over the control socket ends it with exit 0 and takes away nothing but the socket', async t => {
	const home = await temporaryFolder(t);
	await fs.writeFile(path.join(home, 'config.json'), '{}');
	await fs.mkdir(path.join(home, 'run'), {mode: 0o700});
	await fs.writeFile(path.join(home, 'run', 'provider.sock'), 'not ours');
	const discovery = await startDaemon(t, 'discovery', {home});
	await advertise(discovery, alice);
	const answer = await send({socket: discovery.socket}, {method: 'POST', path: '/v1/shutdown'});
	t.is(answer.status, 202);
	t.deepEqual(await discovery.ended, {code: 0, signal: null});
	const left = await filesIn(home);
	for (const file of ['config.json', 'discovery/discovery.db', 'logs/discovery.log', 'run/provider.sock']) {
		t.true(left.includes(file), file);
	}

	await t.throwsAsync(fs.stat(discovery.socket), {code: 'ENOENT'});
	await t.throwsAsync(send({url: discovery.url}, {path: '/health'}), {code: 'ECONNREFUSED'});
});

test('a second one for the same home is refused by name, and the first goes on', async t => {
	const first = await startDaemon(t, 'discovery');
	await advertise(first, alice);
	const second = await spawnDaemon(t, 'discovery', {
		home: first.home,
		environment: {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'},
	});
	t.deepEqual(await second.ended, {code: exitCodes.conflict, signal: null});
	t.true(second.stderr().includes(`A discovery is already running for ${first.home}`));
	t.is((await first.control.status())['advertisements'], 1);
	t.is((await send({url: first.url}, {path: '/health'})).status, 200);
});

test('every bad setting is named, and nothing is made', async t => {
	const home = path.join(await temporaryFolder(t), 'home');
	const discovery = await spawnDaemon(t, 'discovery', {
		environment: {
			GOLEM_HOME: home,
			DISCOVERY_PORT: '99999',
			GOLEM_DISCOVERY_ALLOW_PRIVATE: 'perhaps',
			DISCOVERY_CLEANUP_INTERVAL_SECONDS: '0',
		},
	});
	t.deepEqual(await discovery.ended, {code: exitCodes.usage, signal: null});
	for (const told of [
		'DISCOVERY_PORT=99999 (from environment)',
		'DISCOVERY_ALLOW_PRIVATE=perhaps (from environment)',
		'DISCOVERY_CLEANUP_INTERVAL_SECONDS=0 (from environment)',
	]) {
		t.true(discovery.stderr().includes(told), discovery.stderr());
	}

	await t.throwsAsync(fs.stat(home), {code: 'ENOENT'});
});

test('a database of a kind it does not know is a bad setting like the others', async t => {
	const discovery = await spawnDaemon(t, 'discovery', {
		environment: {DISCOVERY_DB_URL: 'postgres://db.example/golem', DISCOVERY_PORT: '99999'},
	});
	t.deepEqual(await discovery.ended, {code: exitCodes.usage, signal: null});
	t.regex(discovery.stderr(), /DISCOVERY_DB_URL=postgres:\/\/db\.example\/golem/);
	t.regex(discovery.stderr(), /DISCOVERY_PORT=99999/);
});

test('the database can be somewhere else, said with its path or from the home folder', async t => {
	for (const [url, file] of [
		['sqlite://HOME/elsewhere/a.db', 'elsewhere/a.db'],
		['sqlite://~/.golem/discovery/discovery.db', '.golem/discovery/discovery.db'],
	] as const) {
		const home = await temporaryFolder(t);
		const discovery = await startDaemon(t, 'discovery', {
			home,
			environment: {DISCOVERY_DB_URL: url.replace('HOME', home)},
		});
		t.is((await advertise(discovery, alice)).status, 200);
		await t.notThrowsAsync(fs.stat(path.join(home, file)), url);
		await t.throwsAsync(fs.stat(path.join(golemPaths(home).daemonFolder('discovery'), 'discovery.db')), {
			code: 'ENOENT',
		});
	}
});

test('without signatures anybody is heard, and the log says so loudly', async t => {
	const discovery = await startDaemon(t, 'discovery', {
		environment: {DISCOVERY_REQUIRE_SIGNATURES: 'false', DISCOVERY_ALLOW_PRIVATE: 'true'},
	});
	const answer = await postJson(
		{url: discovery.url},
		advertisements,
		{...offer, ip_address: '127.0.0.1'},
		{'X-Provider-ID': alice.id, 'X-Provider-Signature': 'signature'},
	);
	t.is(answer.status, 200, answer.text);
	const log = await fs.readFile(golemPaths(discovery.home).daemonLog('discovery'), 'utf8');
	const warnings = log
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line))
		.filter(({level}) => level === 'warn');
	t.is(warnings.length, 2);
	t.regex(warnings.map(({msg}) => msg).join('\n'), /REQUIRE_SIGNATURES=false(.|\n)*ALLOW_PRIVATE=true/);
});

test('searches, and advertisements as they came, are in the log of who asks for it', async t => {
	for (const [environment, isLogged] of [
		[{GOLEM_DISCOVERY_DEBUG: 'true'}, true],
		[{}, false],
	] as const) {
		const discovery = await startDaemon(t, 'discovery', {environment});
		await advertise(discovery, alice, {name: 'told in full'});
		await send({url: discovery.url}, {path: `${advertisements}?cpu=2`});
		const log = await fs.readFile(golemPaths(discovery.home).daemonLog('discovery'), 'utf8');
		t.true(log.includes('"advertised"'));
		t.is(log.includes('told in full'), isLogged);
		t.is(/"query":\{"cpu":2,.*"found":1,"total":1,"unchanged":false.*"searched"/.test(log), isLogged, log);
	}
});

test('its names can be said as they are dialled or as URLs, and what is neither is a bad setting', async t => {
	const discovery = await startDaemon(t, 'discovery', {
		environment: {DISCOVERY_NAMES: 'https://Discovery.example, 127.0.0.1:9001,[2001:db8::1]:9001'},
	});
	const refused = await withdraw(discovery, alice);
	t.is(refused.json.code, 'AUTH_001');
	t.regex(refused.json.details.hint, / discovery\.example or 127\.0\.0\.1:9001 or \[2001:db8::1\]:9001\./);

	const other = await spawnDaemon(t, 'discovery', {environment: {DISCOVERY_NAMES: 'good.example,a b,x/y'}});
	t.deepEqual(await other.ended, {code: exitCodes.usage, signal: null});
	t.regex(other.stderr(), /DISCOVERY_NAMES=.*a b is no name.*; x\/y is no name/);
});

test('a damaged database is told with its path, and kept', async t => {
	const home = await temporaryFolder(t);
	const file = path.join(home, 'discovery', 'discovery.db');
	await fs.mkdir(path.dirname(file));
	const content = 'no database at all, but long enough to have a header. '.repeat(30);
	await fs.writeFile(file, content);
	const discovery = await spawnDaemon(t, 'discovery', {home, environment: {DISCOVERY_PORT: '0'}});
	t.deepEqual(await discovery.ended, {code: exitCodes.failed, signal: null});
	t.true(discovery.stderr().includes(file));
	t.is(await fs.readFile(file, 'utf8'), content);
});
