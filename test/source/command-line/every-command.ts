import test from 'ava';
import {commands} from '../../../source/command-line/registry.js';
import {runGolem} from '../../support/golem.js';
import {openGolem} from '../../support/screen.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

/** Tells on stderr of each module that has React in it: the build has put it into one with what it uses. */
const tellOfReact = `
	import {readFileSync, writeSync} from 'node:fs';
	export async function load(url, context, next) {
		if (url.startsWith('file:') && /react\\.(?:transitional\\.)?element/.test(readFileSync(new URL(url)))) {
			writeSync(2, 'React was loaded');
		}

		return next(url, context);
	}`;
const asData = (source: string) => `data:text/javascript,${encodeURIComponent(source)}`;
const reportReact = `--import=${asData(`
	import {register} from 'node:module';
	register(${JSON.stringify(asData(tellOfReact))});`)}`;

test('the dashboard loads React on a terminal, where that is noticed, and not off it', async t => {
	const {stderr} = await runGolem([], {
		home: await temporaryFolder(t),
		environment: {NODE_OPTIONS: reportReact, TERM: 'dumb'},
	});
	t.false(stderr.includes('React was loaded'), 'off a terminal nothing is drawn');
	const screen = openGolem([], {home: await temporaryFolder(t), environment: {NODE_OPTIONS: reportReact}});
	t.teardown(() => screen.close());
	await screen.hasShown('React was loaded');
});

// Every command there is, and those to come: each is held to what the README promises of all.
for (const name of Object.keys(commands)) {
	const words = name.split(' ').filter(Boolean);
	const title = ['golem', ...words].join(' ');

	test(`${title} --help shows its usage and two examples or more, and loads nothing that draws`, async t => {
		const home = await temporaryFolder(t);
		const {exitCode, stdout, stderr} = await runGolem([...words, '--help'], {
			home,
			environment: {NODE_OPTIONS: reportReact},
		});
		t.is(exitCode, 0);
		t.is(stderr, '');
		t.true(stdout.includes(`Usage: ${title}`), stdout);
		const examples = stdout.split('Examples:\n')[1]?.split('\n') ?? [];
		const own = examples.filter(line => line.startsWith(`  ${title}`));
		// The dashboard's help is that of the whole program.
		t.true(name === '' || own.length >= 2, stdout);
	});

	test(`${title} --help --json is one document that says the same`, async t => {
		const {exitCode, json, stderr} = await runGolem([...words, '--help', '--json'], {
			home: await temporaryFolder(t),
		});
		t.is(exitCode, 0);
		t.is(stderr, '');
		t.true(name === '' ? json.commands.length > 10 : json.examples.length >= 2);
	});

	test(`${title} refuses a flag that there is not, for people and for scripts`, async t => {
		const home = await temporaryFolder(t);
		const people = await runGolem([...words, '--no-such-flag-at-all'], {home});
		t.is(people.exitCode, 2);
		t.is(people.stdout, '');
		t.regex(people.stderr, /^golem: /);

		const scripts = await runGolem([...words, '--json', '--no-such-flag-at-all'], {home});
		t.is(scripts.exitCode, 2);
		t.is(scripts.stderr, '');
		t.deepEqual(Object.keys(scripts.json), ['error']);
		t.is(scripts.json.error.code, 'USAGE');
		t.is(typeof scripts.json.error.message, 'string');
		t.regex(scripts.json.error.hint, /--help/);
	});
}
