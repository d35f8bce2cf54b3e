import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

type Entry = {
	name: string;
	owner: string;
	value: unknown;
	source: string;
	default: unknown;
	description: string;
};

const home = async (t: ExecutionContext, config?: object) => {
	const folder = await temporaryFolder(t);
	if (config) {
		await fs.writeFile(path.join(folder, 'config.json'), JSON.stringify(config));
	}

	return folder;
};

const readConfig = async (folder: string) =>
	JSON.parse(await fs.readFile(path.join(folder, 'config.json'), 'utf8'));

test('every setting is told with its value, where that comes from, and its default', async t => {
	const folder = await home(t, {GOLEM_PROVIDER_MAX_VMS: 3, GOLEM_DISCOVERY_PORT: '9100'});
	await fs.writeFile(path.join(folder, '.env'), 'GOLEM_PROVIDER_NAME=attic\nGOLEM_PROVIDER_MAX_VMS=4\n');
	const {json, exitCode, stderr} = await runGolem(['config', 'list', '--json'], {
		home: folder,
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1,http://127.0.0.1:2'},
	});
	t.is(exitCode, 0);
	t.is(stderr, '');
	const find = (name: string) => json.find((entry: Entry) => entry.name === name);
	for (const [name, owner, value, source, usual] of [
		['GOLEM_PROVIDER_MAX_VMS', 'provider', 4, '.env', 10],
		['GOLEM_PROVIDER_NAME', 'provider', 'attic', '.env', 'golem-provider'],
		['DISCOVERY_PORT', 'discovery', 9100, 'config.json', 9001],
		['PORT_CHECKER_PORT', 'port-checker', 9000, 'default', 9000],
		['GOLEM_HOME', 'golem', folder, 'environment', '~/.golem'],
	] as const) {
		const {owner: by, value: now, source: from, default: otherwise, description} = find(name);
		t.deepEqual([by, now, from, otherwise], [owner, value, source, usual], name);
		t.true(description.length > 10);
	}

	t.deepEqual(find('GOLEM_REQUESTOR_DISCOVERY_URL').value, ['http://127.0.0.1:1', 'http://127.0.0.1:2']);
});

test('for people there are lines, of one daemon or of what is not left to its default where they ask', async t => {
	const {stdout} = await runGolem(['config', 'list', '--for', 'provider', '--changed'], {
		home: await home(t, {GOLEM_PROVIDER_MAX_VMS: 3}),
	});
	t.regex(stdout, /GOLEM_PROVIDER_MAX_VMS = 3 {2}\(config\.json; default: 10\)/);
	t.notRegex(stdout, /GOLEM_PROVIDER_NAME|DISCOVERY_PORT/);
});

test('a key that nobody goes by is named on stderr, with the one that was meant', async t => {
	const folder = await home(t, {GOLEM_PROVDER_NAME: 'attic', GOLEM_HOME: '/elsewhere'});
	const {stderr, json} = await runGolem(['config', 'list', '--json'], {home: folder});
	t.regex(stderr, /GOLEM_PROVDER_NAME is no setting; did you mean GOLEM_PROVIDER_NAME\?/);
	t.regex(stderr, /GOLEM_HOME counts in the environment only/);
	t.true(Array.isArray(json));
	await runGolem(['config', 'unset', 'GOLEM_PROVDER_NAME'], {home: folder});
	t.deepEqual(await readConfig(folder), {GOLEM_HOME: '/elsewhere'});
});

test('a value that is no good is told with what would be right', async t => {
	const {stderr, exitCode} = await runGolem(['config', 'list'], {
		home: await home(t, {GOLEM_PROVIDER_DISCOVERY_URL: 'discovery.example:9001'}),
	});
	t.is(exitCode, 0);
	t.regex(
		stderr,
		/GOLEM_PROVIDER_DISCOVERY_URL \(from config\.json\): «discovery\.example:9001» is not a URL/,
	);
});

test('a setting is written, read, overruled by the environment, and taken out again', async t => {
	const folder = await home(t, {GOLEM_DISCOVERY_PORT: 9100, kept: true});
	const golem = (args: string[], environment = {}) => runGolem(args, {home: folder, environment});
	t.is((await golem(['config', 'set', 'DISCOVERY_PORT', '9200'])).exitCode, 0);
	t.deepEqual(await readConfig(folder), {kept: true, DISCOVERY_PORT: 9200});
	t.is((await golem(['config', 'get', 'GOLEM_DISCOVERY_PORT'])).stdout, '9200\n');
	const overruled = await golem(['config', 'set', 'DISCOVERY_PORT', '9300'], {DISCOVERY_PORT: '1'});
	t.regex(overruled.stderr, /the environment, which wins/);
	t.is((await golem(['config', 'get', 'DISCOVERY_PORT', '--json'])).json.source, 'config.json');
	t.true((await golem(['config', 'unset', 'DISCOVERY_PORT', '--json'])).json.changed);
	t.deepEqual(await readConfig(folder), {kept: true});
	t.false((await golem(['config', 'unset', 'DISCOVERY_PORT', '--json'])).json.changed);
});

for (const [name, value, code, exitCode] of [
	['GOLEM_PROVIDER_MAX_VMS', 'many', 'SETTINGS_INVALID', 2],
	['GOLEM_REQUESTOR_DISCOVERY_URL', 'ftp://discovery.example', 'SETTINGS_INVALID', 2],
	['GOLEM_HOME', '/elsewhere', 'SETTINGS_INVALID', 2],
	['GOLEM_PROVIDER_MAX_VM', '1', 'SETTING_UNKNOWN', 3],
] as const) {
	test(`golem config set ${name} ${value} is refused, and nothing is written`, async t => {
		const folder = await home(t);
		const {json, exitCode: status} = await runGolem(['config', 'set', name, value, '--json'], {home: folder});
		t.is(status, exitCode);
		t.is(json.error.code, code);
		t.true(json.error.message.includes(name));
		t.deepEqual(await fs.readdir(folder), []);
	});
}

test('of several that write at once, none undoes another’s work, and a link stays one', async t => {
	const folder = await home(t);
	const elsewhere = path.join(await temporaryFolder(t), 'settings.json');
	await fs.writeFile(elsewhere, '{}');
	await fs.symlink(elsewhere, path.join(folder, 'config.json'));
	const names = [
		'GOLEM_PROVIDER_MAX_VMS',
		'GOLEM_PROVIDER_MIN_CPU_CORES',
		'DISCOVERY_PORT',
		'PORT_CHECK_RETRIES',
	];
	await Promise.all(names.map(name => runGolem(['config', 'set', name, '2'], {home: folder})));
	t.deepEqual(Object.keys(await readConfig(folder)).sort(), [...names].sort());
	t.true((await fs.lstat(path.join(folder, 'config.json'))).isSymbolicLink());
});

for (const place of ['/proc/golem', '/proc/self/golem', '/dev/null/golem']) {
	test(`a home that cannot be, ${place}, is told by its name, at once`, async t => {
		for (const words of [['identity'], ['vm', 'list'], ['discovery', '--detach']]) {
			const {exitCode, json, stderr} = await runGolem([...words, '--json'], {
				home: await temporaryFolder(t),
				environment: {GOLEM_HOME: place},
				timeoutMs: 20_000,
			});
			t.is(exitCode, 1, stderr);
			t.is(json.error.code, 'FILE_UNUSABLE');
			t.true(json.error.message.includes(place));
		}
	});
}
