import fs from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {createDiscoveryClient} from '../../source/client/discovery-client.js';
import {readOrCreateKeyFile} from '../../source/platform/identity-file.js';
import type {AdvertisementBody} from '../../source/protocol/advertisement.js';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import {runGolem} from '../support/golem.js';
import {startHttpServer} from '../support/http-server.js';
import {type Network, startNetwork} from '../support/network.js';
import {freePort} from '../support/ports.js';
import {withStubQemu} from '../support/stub-qemu/settings.js';
import {temporaryFolder} from '../support/temporary-folder.js';
import {openTerminal} from '../support/terminal.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
`golem doctor` against a network of real processes: first all is well, then one thing after the other is broken on
purpose, and the check that is about it has to say so.
*/
type ShownCheck = {name: string; verdict: string; evidence: string; fix: string | null};

const names = [
	'daemon',
	'driver',
	'image',
	'clock',
	'public-ip',
	'api-port',
	'ssh-ports',
	'discovery',
	'advertisement',
	'resources',
	'load',
];

test('on a network where all is well each check is ok, in order, and a rental would work', async t => {
	const network = await begin(t);
	const {exitCode, json, stderr} = await network.provider.golem(['doctor', '--json']);
	t.is(exitCode, 0, stderr + JSON.stringify(json));
	t.true(json.ok);
	const checks: ShownCheck[] = json.checks;
	t.deepEqual(
		checks.map(({name, verdict}) => [name, verdict]),
		names.map(name => [name, 'ok']),
	);
	t.true(checks.every(({evidence, fix}) => evidence.length > 0 && fix === null));
	t.is(stderr, '');
	t.is((await network.provider.golem(['doctor', '--quiet'])).stdout, '');
	const {stdout} = await network.provider.golem(['doctor']);
	t.is(stdout.split('\n').filter(line => line.startsWith('✓ ok ')).length, names.length);
	t.true(stdout.endsWith('\nA rental would work now.\n'));
	// biome-ignore lint/suspicious/noControlCharactersInRegex: a pipe gets no colours
	t.notRegex(stdout, /\u001B/);
	await fitsIntoTerminal(t, network);
});

async function fitsIntoTerminal(t: ExecutionContext, {provider}: Network): Promise<void> {
	const terminal = openTerminal(['doctor'], {
		home: provider.home,
		environment: {...provider.environment, NO_COLOR: '1'},
	});
	t.teardown(terminal.close);
	t.is(await terminal.ended(30_000), 0);
	await terminal.shows('A rental would work now.');
	t.true(
		terminal.screen().some(line => line.startsWith('✓ ok       daemon')),
		'all of it fits the screen',
	);
	t.true(terminal.history().every(line => line.length <= 80));
	// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
	t.notRegex(terminal.raw(), /\u001B\[\d+m/);
	for (const name of names) {
		t.is(terminal.history().filter(line => new RegExp(`^✓ ok +${name} `).test(line)).length, 1, name);
	}
}

test('a provider that has stopped is what fails; what can be told without it still is', async t => {
	const network = await begin(t);
	await network.provider.golem(['provider', 'stop']);
	const {exitCode, json} = await network.provider.golem(['doctor', '--json']);
	t.is(exitCode, 1);
	t.false(json.ok);
	const verdicts = verdictsOf(json.checks);
	t.is(verdicts['daemon'], 'failed');
	for (const name of ['driver', 'image', 'clock', 'discovery']) {
		t.is(verdicts[name], 'ok', name);
	}

	for (const name of ['public-ip', 'api-port', 'ssh-ports', 'advertisement', 'resources', 'load']) {
		t.is(verdicts[name], 'unknown', name);
		t.is(evidenceOf(json.checks, name), 'not known while the provider is down');
	}

	const {stdout, exitCode: shownCode} = await network.provider.golem(['doctor']);
	t.is(shownCode, 1);
	t.regex(stdout, /\nNobody can rent: 1 thing to mend\.\n\ndaemon\n {2}\$ golem provider --detach\n$/);
	t.is((await network.provider.golem(['doctor', '--quiet'])).stdout, 'daemon\n');
});

test('discovery that has stopped fails by its address; what it has is not known then', async t => {
	const network = await begin(t);
	const url = network.provider.environment['GOLEM_PROVIDER_DISCOVERY_URL'] ?? '';
	const {exitCode} = await runGolem(['discovery', 'stop'], {home: `${network.folder}/s`});
	t.is(exitCode, 0);
	const doctor = await network.provider.golem(['doctor', '--json']);
	t.is(doctor.exitCode, 1);
	const verdicts = verdictsOf(doctor.json.checks);
	t.is(verdicts['discovery'], 'failed');
	t.true(evidenceOf(doctor.json.checks, 'discovery').includes(url));
	t.is(verdicts['advertisement'], 'unknown');
	t.is(verdicts['clock'], 'ok', 'the port checker tells the time as well');
	t.is(verdicts['api-port'], 'ok');
});

test('an advertisement that another machine with the same key has replaced fails with the field', async t => {
	const network = await begin(t);
	const {provider} = network;
	const status = await provider.control.status();
	const identity = createIdentity(await readOrCreateKeyFile(provider.paths.identity, createPrivateKey));
	const discovery = createDiscoveryClient(provider.environment['GOLEM_PROVIDER_DISCOVERY_URL'] ?? '');
	const {ip_address, country, resources, name} = await discovery.get(provider.id);
	await discovery.advertise(identity, {ip_address, country, resources, name, port: 4711});
	const {exitCode, json} = await provider.golem(['doctor', '--json']);
	t.is(exitCode, 1);
	t.is(verdictsOf(json.checks)['advertisement'], 'failed');
	t.regex(
		evidenceOf(json.checks, 'advertisement'),
		new RegExp(`port is 4711 there and ${provider.port} here`),
	);
	t.is((await provider.control.status()).pid, status.pid, 'nothing was changed by looking');
});

test('ports that no checker answers for fail, and what follows from that is not counted', async t => {
	const nobody = `http://127.0.0.1:${await freePort()}`;
	const network = await begin(t);
	await network.provider.golem(['provider', 'stop']);
	// What an earlier one has found out about its ports is not to help this one.
	await fs.rm(`${network.provider.home}/provider/ports.json`, {force: true});
	const environment = {GOLEM_PROVIDER_PORT_CHECK_SERVERS: nobody};
	const started = await network.provider.golem(['provider', '--detach', '--json'], {environment});
	t.is(started.exitCode, 0, started.stderr);
	const {exitCode, json} = await network.provider.golem(['doctor', '--json'], {environment});
	t.is(exitCode, 1);
	const verdicts = verdictsOf(json.checks);
	t.is(verdicts['ssh-ports'], 'failed');
	t.true(evidenceOf(json.checks, 'ssh-ports').includes(nobody));
	t.is(verdicts['advertisement'], 'failed');
	t.is(verdicts['discovery'], 'ok');
	t.is((await network.provider.golem(['doctor', '--quiet'], {environment})).stdout, 'ssh-ports\n');
});

test('a machine over a limit of its own takes no VMs, and the load is what fails', async t => {
	const network = await begin(t, {GOLEM_PROVIDER_MEMORY_THRESHOLD: '1'});
	await eventually('the provider has measured its load', async () => {
		const {over_threshold} = (await network.provider.control.status())['advertisement'] as AdvertisementBody;
		return whenTrue(over_threshold !== undefined);
	});
	const {exitCode, json} = await network.provider.golem(['doctor', '--json']);
	t.is(exitCode, 1);
	t.deepEqual(
		json.checks.filter(({verdict}: ShownCheck) => verdict !== 'ok').map(({name}: ShownCheck) => name),
		['load'],
	);
});

test('a provider with too little for the smallest VM fails by its resources', async t => {
	const network = await begin(t);
	await network.provider.golem(['provider', 'stop']);
	const environment = {GOLEM_PROVIDER_MIN_STORAGE_GB: '500'};
	t.is((await network.provider.golem(['provider', '--detach', '--json'], {environment})).exitCode, 0);
	const {stdout, exitCode} = await network.provider.golem(['doctor', '--quiet'], {environment});
	t.is(exitCode, 1);
	t.is(stdout, 'resources\n');
});

test('on a machine that has nothing, each thing that is missing is told at once', async t => {
	const home = await temporaryFolder(t);
	const nobody = `http://127.0.0.1:${await freePort()}`;
	const {exitCode, json} = await runGolem(['doctor', '--json'], {
		home,
		environment: {
			GOLEM_PROVIDER_DISCOVERY_URL: nobody,
			GOLEM_PROVIDER_PORT_CHECK_SERVERS: nobody,
			GOLEM_PROVIDER_QEMU_BINARY_PATH: '/no/such/qemu',
		},
	});
	t.is(exitCode, 1);
	const verdicts = verdictsOf(json.checks);
	for (const name of ['daemon', 'driver', 'image', 'discovery']) {
		t.is(verdicts[name], 'failed', name);
	}

	t.is(verdicts['clock'], 'unknown');
	t.is(evidenceOf(json.checks, 'driver'), '/no/such/qemu: it was not found');
	t.deepEqual(await fs.readdir(home), [], 'looking leaves nothing behind');
});

test('a clock that is a minute off is told by what discovery’s shows', async t => {
	const {url} = await startHttpServer(t, response => {
		response.setHeader('Date', new Date(Date.now() + 60_000).toUTCString()).end('{}');
	});
	const {exitCode, json} = await runGolem(['doctor', '--json'], {
		home: await temporaryFolder(t),
		environment: {GOLEM_PROVIDER_DISCOVERY_URL: url, GOLEM_PROVIDER_PORT_CHECK_SERVERS: '[]'},
	});
	t.is(exitCode, 1);
	t.is(verdictsOf(json.checks)['clock'], 'failed');
	t.regex(evidenceOf(json.checks, 'clock'), /^(?:59|60|61) s behind http/);
});

test('a discovery server that never answers is given up on, with a deadline', async t => {
	const {url} = await startHttpServer(t, () => {});
	const {exitCode, json} = await runGolem(['doctor', '--json'], {
		home: await temporaryFolder(t),
		environment: {GOLEM_PROVIDER_DISCOVERY_URL: url, GOLEM_PROVIDER_PORT_CHECK_SERVERS: '[]'},
		timeoutMs: 30_000,
	});
	t.is(exitCode, 1);
	t.is(verdictsOf(json.checks)['discovery'], 'failed');
	t.regex(evidenceOf(json.checks, 'discovery'), /did not answer/);
});

async function begin(t: ExecutionContext, settings: Record<string, string> = {}): Promise<Network> {
	t.timeout(120_000);
	const network = await startNetwork({...withStubQemu, ...settings});
	t.teardown(network.tearDown);
	return network;
}

const verdictsOf = (checks: ShownCheck[]): Record<string, string> =>
	Object.fromEntries(checks.map(({name, verdict}) => [name, verdict]));

const evidenceOf = (checks: ShownCheck[], wanted: string): string =>
	checks.find(({name}) => name === wanted)?.evidence ?? '';
