import test from 'ava';
import * as z from 'zod';
import {documentNames} from '../../../source/command-line/documents.js';
import {topicNames} from '../../../source/command-line/help.js';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {runGolem} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

for (const topic of topicNames) {
	test(`golem help ${topic} has something to say, as text and as JSON`, async t => {
		const home = await temporaryFolder(t);
		const {stdout, exitCode} = await runGolem(['help', topic], {home});
		t.is(exitCode, 0);
		t.true(stdout.length > 300);
		const {json} = await runGolem(['help', topic, '--json'], {home});
		t.deepEqual(json, {topic, text: stdout.trimEnd()});
	});
}

test('golem help exit-codes tells of every exit status, golem help settings of every daemon’s', async t => {
	const home = await temporaryFolder(t);
	const {stdout} = await runGolem(['help', 'exit-codes'], {home});
	for (const code of Object.values(exitCodes)) {
		t.regex(stdout, new RegExp(`^ +${code} `, 'm'));
	}

	const settings = await runGolem(['help', 'settings'], {home});
	for (const name of [
		'GOLEM_REQUESTOR_DB_PATH',
		'DISCOVERY_PORT',
		'PORT_CHECKER_PORT',
		'GOLEM_PROVIDER_PORT',
	]) {
		t.true(settings.stdout.includes(name), name);
	}
});

test('golem help of a command is the command’s own help; alone, it lists what there is', async t => {
	const home = await temporaryFolder(t);
	const help = await runGolem(['help', 'vm', 'create'], {home});
	t.is(help.stdout, (await runGolem(['vm', 'create', '--help'], {home})).stdout);
	const {json} = await runGolem(['help', '--json'], {home});
	t.deepEqual(
		json.topics.map(({topic}: {topic: string}) => topic),
		[...topicNames],
	);
	t.true(json.commands.some(({command}: {command: string}) => command === 'vm create'));
	t.regex((await runGolem(['help', 'vm'], {home})).stdout, /vm destroy/);
});

test('a topic misspelt is answered with the one that was meant', async t => {
	const {exitCode, stderr} = await runGolem(['help', 'setings'], {home: await temporaryFolder(t)});
	t.is(exitCode, 2);
	t.regex(stderr, /Did you mean: golem help settings/);
});

for (const name of documentNames) {
	test(`golem schema ${name} is a JSON Schema`, async t => {
		const {json, exitCode} = await runGolem(['schema', name, '--json'], {home: await temporaryFolder(t)});
		t.is(exitCode, 0);
		t.is(json.$schema, 'https://json-schema.org/draft/2020-12/schema');
		t.true(json.type !== undefined || json.anyOf !== undefined);
	});
}

for (const [name, words] of [
	['snapshot', []],
	['error', ['vm', 'info', 'nobody']],
	['vm-list', ['vm', 'list']],
	['daemon-status', ['provider', 'status']],
	['settings', ['config', 'list']],
	['images', ['images']],
] as const) {
	test(`what golem ${words.join(' ')} --json prints is what golem schema ${name} says, and not something else`, async t => {
		const home = await temporaryFolder(t);
		const environment = {GOLEM_REQUESTOR_DISCOVERY_URL: 'http://127.0.0.1:1'};
		const schema = z.fromJSONSchema((await runGolem(['schema', name, '--json'], {home})).json);
		const {json} = await runGolem([...words, '--json'], {home, environment});
		t.deepEqual(schema.safeParse(json).error?.issues, undefined);
		t.false(schema.safeParse({other: true}).success);
	});
}

test('golem images tells what can be built, and that it is not there yet', async t => {
	const home = await temporaryFolder(t);
	const {json} = await runGolem(['images', '--json'], {home});
	t.is(json[0].name, 'micro');
	t.false(json[0].installed);
	const {stdout, stderr} = await runGolem(['images'], {home});
	t.regex(stdout, /micro +not built/);
	t.regex(stderr, /golem setup/);
	t.is((await runGolem(['images', '--quiet'], {home})).stdout, '');
});
