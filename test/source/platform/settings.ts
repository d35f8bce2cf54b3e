import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {
	parseDotEnv,
	readSettingSources,
	resolveSettings,
	type Setting,
	type SettingSources,
	setting,
	settingSchemas,
} from '../../../source/platform/settings.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const definitions = {
	host: setting({
		variable: 'GOLEM_TEST_HOST',
		aliases: ['OLD_TEST_HOST'],
		schema: settingSchemas.text,
		default: '0.0.0.0',
		description: 'Where',
	}),
	port: setting({
		variable: 'GOLEM_TEST_PORT',
		schema: settingSchemas.port,
		default: 9000,
		description: 'Which',
	}),
	isOpen: setting({
		variable: 'GOLEM_TEST_OPEN',
		schema: settingSchemas.flag,
		default: false,
		description: 'Whether',
	}),
};

const nothing: SettingSources = {flags: {}, environment: {}, dotEnv: {}, config: {}};

function faultsOf(sources: Partial<SettingSources>): GolemError | undefined {
	try {
		resolveSettings(definitions, {...nothing, ...sources});
		return undefined;
	} catch (error) {
		if (error instanceof GolemError) {
			return error;
		}

		throw error;
	}
}

/** What a schema makes of a text, or its message. */
function read(schema: Setting['schema'], value: unknown): unknown {
	const parsed = schema.safeParse(value);
	return parsed.success ? parsed.data : parsed.error.issues.map(issue => issue.message).join('; ');
}

test('a flag beats the environment, which beats .env, which beats config.json, which beats the default', t => {
	const places = [
		{origin: 'flag', value: 'a', source: {flags: {host: 'a'}}},
		{origin: 'environment', value: 'b', source: {environment: {GOLEM_TEST_HOST: 'b'}}},
		{origin: '.env', value: 'c', source: {dotEnv: {GOLEM_TEST_HOST: 'c'}}},
		{origin: 'config.json', value: 'd', source: {config: {GOLEM_TEST_HOST: 'd'}}},
		{origin: 'default', value: '0.0.0.0', source: {}},
	] as const;
	for (const [index, {origin, value}] of places.entries()) {
		const lower = places.slice(index).map(({source}) => source);
		const {values, origins} = resolveSettings(definitions, Object.assign({}, nothing, ...lower));
		t.is(origins.host, origin);
		t.is(values.host, value);
	}
});

test('a flag that was not given does not hide the environment', t => {
	const {values} = resolveSettings(definitions, {
		...nothing,
		flags: {port: undefined},
		environment: {GOLEM_TEST_PORT: '81'},
	});
	t.is(values.port, 81);
});

test('another name of a variable counts where its own is not given, and in the same place only', t => {
	const withBoth = {...nothing, environment: {OLD_TEST_HOST: 'old', GOLEM_TEST_HOST: 'new'}};
	t.is(resolveSettings(definitions, withBoth).values.host, 'new');
	const higherPlace = {...nothing, environment: {OLD_TEST_HOST: 'old'}, config: {GOLEM_TEST_HOST: 'new'}};
	t.is(resolveSettings(definitions, higherPlace).values.host, 'old');
});

test('every bad value is told at once, by name, with its value, where it came from and what would be right', t => {
	const error = faultsOf({
		environment: {GOLEM_TEST_PORT: '70000'},
		dotEnv: {GOLEM_TEST_OPEN: 'perhaps'},
		config: {GOLEM_TEST_HOST: '  '},
	});
	t.is(error?.code, 'SETTINGS_INVALID');
	t.is(error?.exitCode, exitCodes.usage);
	t.regex(error?.message ?? '', /GOLEM_TEST_PORT=70000 \(from environment\): .*65535/);
	t.regex(error?.message ?? '', /GOLEM_TEST_OPEN=perhaps \(from \.env\): must be true or false/);
	t.regex(error?.message ?? '', /GOLEM_TEST_HOST= {2} {1}\(from config\.json\): must not be empty/);
	t.is((error?.message ?? '').split('\n').length, 4, 'a line for each, and one before them');
});

test('one bad value is one line', t => {
	t.is(
		faultsOf({flags: {isOpen: 'x'}})?.message,
		'Bad setting GOLEM_TEST_OPEN=x (from flag): must be true or false',
	);
});

test('an empty text is no number: it does not stand for 0', t => {
	for (const text of ['', ' ', '\t']) {
		t.is(typeof read(settingSchemas.port, text), 'string', `port ${JSON.stringify(text)}`);
		t.is(typeof read(settingSchemas.wholeNumber(0, 10), text), 'string');
		t.is(typeof read(settingSchemas.number(0, 10), text), 'string');
	}
});

test('what config.json may have besides texts and numbers is no number either', t => {
	for (const value of [null, true, [], {}]) {
		t.is(typeof read(settingSchemas.port, value), 'string', JSON.stringify(value));
	}
});

test('a number has its bounds, and a whole number no fraction', t => {
	t.is(read(settingSchemas.wholeNumber(1, 10), '10'), 10);
	for (const bad of ['0', '11', '1.5', 'many', 'NaN', 'Infinity']) {
		t.is(read(settingSchemas.wholeNumber(1, 10), bad), 'must be a whole number from 1 to 10', bad);
	}

	t.is(read(settingSchemas.number(0.1, 60), '2.5'), 2.5);
	t.is(read(settingSchemas.number(0.1, 60), '0.01'), 'must be a number from 0.1 to 60');
});

test('a flag is true or false in the usual spellings', t => {
	for (const text of ['true', 'TRUE', '1', 'yes', 'On', true]) {
		t.is(read(settingSchemas.flag, text), true);
	}

	for (const text of ['false', 'False', '0', 'no', 'off', '', false]) {
		t.is(read(settingSchemas.flag, text), false);
	}

	t.is(read(settingSchemas.flag, 'treu'), 'must be true or false');
});

test('a list is a JSON array or texts between commas', t => {
	const wanted = ['https://a.example', 'https://b.example'];
	t.deepEqual(read(settingSchemas.list, 'https://a.example, https://b.example'), wanted);
	t.deepEqual(read(settingSchemas.list, '["https://a.example", "https://b.example"]'), wanted);
	t.deepEqual(read(settingSchemas.list, wanted), wanted);
	t.deepEqual(read(settingSchemas.list, ''), []);
	t.regex(String(read(settingSchemas.list, '["a"')), /must be a JSON array/);
	t.regex(String(read(settingSchemas.list, '[1, 2]')), /must be a JSON array/);
});

test('a choice names the others when it is none of them', t => {
	t.is(read(settingSchemas.oneOf(['qemu', 'multipass']), 'vmware'), 'must be one of qemu, multipass');
});

test('.env knows comments, quotes, export and either line ending', t => {
	t.deepEqual(
		parseDotEnv(
			[
				'# a comment',
				'PLAIN=value # and why',
				'export EXPORTED=yes',
				`QUOTED="with # and 'quotes'"`,
				"SINGLE='a b'",
				`REMARKED="a b" # and "why"`,
				'EMPTY=',
				'URL=http://a.example/#anchor',
				'  SPACED  =  around  ',
				'not a line',
				'1BAD=name',
			].join('\r\n'),
		),
		{
			PLAIN: 'value',
			EXPORTED: 'yes',
			QUOTED: `with # and 'quotes'`,
			SINGLE: 'a b',
			REMARKED: 'a b',
			EMPTY: '',
			URL: 'http://a.example/#anchor',
			SPACED: 'around',
		},
	);
});

test('whatever stands in .env, reading it does not fail, and a quoted value comes back as it was', t => {
	fc.assert(
		fc.property(fc.string({unit: 'binary'}), text => {
			t.notThrows(() => parseDotEnv(text));
		}),
	);
	fc.assert(
		fc.property(fc.stringMatching(/^[^"\r\n\u2028\u2029]*$/), value => {
			t.is(parseDotEnv(`KEY="${value}"`)['KEY'], value);
		}),
	);
});

test('the files are read where they are, and are empty where they are not', async t => {
	const home = await temporaryFolder(t);
	const config = path.join(home, 'config.json');
	t.like(await readSettingSources({cwd: home, config}, {A: '1'}), {
		environment: {A: '1'},
		dotEnv: {},
		config: {},
	});
	await fs.writeFile(path.join(home, '.env'), 'GOLEM_TEST_HOST=of-dot-env\n');
	await fs.writeFile(config, '{"GOLEM_TEST_PORT": 82}');
	const {values} = resolveSettings(definitions, await readSettingSources({cwd: home, config}, {}));
	t.like(values, {host: 'of-dot-env', port: 82});
});

test('a config.json that is no JSON object is refused by its path', async t => {
	const home = await temporaryFolder(t);
	const config = path.join(home, 'config.json');
	for (const text of ['{"GOLEM_TEST_PORT": 82', '[]', '"text"', 'null']) {
		await fs.writeFile(config, text);
		const error = await t.throwsAsync(readSettingSources({cwd: home, config}, {}), {instanceOf: GolemError});
		t.is(error?.code, 'SETTINGS_INVALID');
		t.true(error?.message.includes(config));
	}
});

for (const good of ['http://127.0.0.1:9001', 'https://discovery.example/below', ' http://[::1]:9001 ']) {
	test(`${good} is a URL`, t => {
		t.is(settingSchemas.url.parse(good), good.trim());
		t.deepEqual(settingSchemas.urlList.parse(`${good},http://other.example`), [
			good.trim(),
			'http://other.example',
		]);
	});
}

for (const bad of ['discovery.example:9001', 'ftp://discovery.example', 'http://', 'nonsense']) {
	test(`${bad} is no URL, alone or among others`, t => {
		t.false(settingSchemas.url.safeParse(bad).success);
		const {error} = settingSchemas.urlList.safeParse(`http://other.example,${bad}`);
		t.is(error?.issues.length, 1);
		t.true(error?.issues[0]?.message.startsWith(`«${bad}» is not a URL such as http://`));
	});
}

test('a list of URLs may be empty', t => {
	t.deepEqual(settingSchemas.urlList.parse(''), []);
});

test('what has no meaning as a setting is refused with what would be right, and shown as the file has it', t => {
	const schemas: Array<[Setting['schema'], RegExp]> = [
		[settingSchemas.text, /^must be a text$/],
		[settingSchemas.flag, /^must be true or false$/],
		[settingSchemas.url, /^must be a URL/],
		[settingSchemas.list, /^must be a JSON array/],
		[settingSchemas.urlList, /^must be a JSON array/],
	];
	for (const [schema, message] of schemas) {
		for (const value of [null, {a: 1}, [1]]) {
			const {error} = schema.safeParse(value);
			t.regex(error?.issues.map(issue => issue.message).join() ?? '', message);
		}
	}

	t.is(settingSchemas.text.parse(5), '5');
	t.throws(() => resolveSettings(definitions, {...nothing, config: {GOLEM_TEST_HOST: {a: 1}}}), {
		message: 'Bad setting GOLEM_TEST_HOST={"a":1} (from config.json): must be a text',
	});
});

test('the mark of byte order with which some editors begin a file is no part of it', async t => {
	const cwd = await temporaryFolder(t);
	const config = path.join(cwd, 'config.json');
	await fs.writeFile(config, '\uFEFF{"GOLEM_TEST_HOST": "here"}');
	await fs.writeFile(path.join(cwd, '.env'), '\uFEFFGOLEM_TEST_PORT=1\n');
	const sources = await readSettingSources({cwd, config}, {});
	t.deepEqual(sources.config, {GOLEM_TEST_HOST: 'here'});
	t.deepEqual(sources.dotEnv, {GOLEM_TEST_PORT: '1'});
});
