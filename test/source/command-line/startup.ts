import fs from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {golemEnvironment} from '../../support/golem.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** An installed copy of the program that a test may do anything to. */
async function install(t: ExecutionContext) {
	const folder = await temporaryFolder(t);
	const home = await temporaryFolder(t);
	await fs.cp(path.join(root, 'dist'), path.join(folder, 'dist'), {recursive: true});
	await fs.copyFile(path.join(root, 'package.json'), path.join(folder, 'package.json'));
	await fs.symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
	const file = (name: string) => path.join(folder, 'dist/source', name);
	const node = async (args: readonly string[], environment = {}) => {
		const {stdout, stderr, exitCode} = await execa(process.execPath, args, {
			reject: false,
			extendEnv: false,
			env: golemEnvironment({home, environment}),
			cwd: home,
			stdin: 'ignore',
		});
		return {stdout, stderr, exitCode};
	};

	return {
		file,
		scripts: file('start-up'),
		compiled: file('start-up/script-front.cjs.compiled'),
		node,
		golem: (args: readonly string[], environment = {}) => node([file('cli.cjs'), ...args], environment),
	};
}

/** What is there, and since when. */
async function inventory(folder: string) {
	const names = await fs.readdir(folder, {recursive: true});
	return Promise.all(
		names.sort().map(async name => [name, (await fs.stat(path.join(folder, name))).mtimeMs]),
	);
}

const healthy = {stdout: '[]', stderr: '', exitCode: 0};

test('V8 takes what the build has compiled', async t => {
	const {file, node} = await install(t);
	const observer = path.join(await temporaryFolder(t), 'observer.cjs');
	await fs.writeFile(
		observer,
		`const vm = require('node:vm');
		vm.Script = class extends vm.Script {
			constructor(text, options) {
				super(text, options);
				process.stderr.write(options.cachedData ? 'rejected: ' + this.cachedDataRejected : 'nothing compiled');
			}
		};`,
	);
	const {stderr} = await node(['--require', observer, file('cli.cjs'), '--version']);
	t.is(stderr, 'rejected: false');
});

const damages: Record<string, (whole: Buffer) => Buffer> = {
	'is empty': () => Buffer.alloc(0),
	'is cut off': whole => whole.subarray(0, whole.length / 2),
	'is of zeros': whole => Buffer.alloc(whole.length),
	'is another file': () => Buffer.from('#!/bin/sh\n'.repeat(1000)),
	...Object.fromEntries(
		// Each of these makes V8 crash somewhere if it is believed.
		Array.from({length: 8}, (_, part) => [
			`has a flipped byte at ${part}/8`,
			(whole: Buffer) => {
				const damaged = Buffer.from(whole);
				for (let at = Math.floor((whole.length * part) / 8); at < whole.length; at += 4099) {
					damaged[at] = (damaged[at] ?? 0) ^ 0x55;
				}

				return damaged;
			},
		]),
	),
};

test('a command works whatever has become of the compiled file', async t => {
	const {compiled, golem} = await install(t);
	const whole = await fs.readFile(compiled);
	for (const [state, damage] of Object.entries(damages)) {
		await fs.writeFile(compiled, damage(whole));
		t.deepEqual(await golem(['vm', 'list', '--json']), healthy, state);
	}
});

test('a script that has changed since it was compiled runs as it is now', async t => {
	const {file, golem} = await install(t);
	const script = file('start-up/script-front.cjs');
	const text = await fs.readFile(script, 'utf8');
	t.true(text.includes('You have no VMs.'));
	await fs.writeFile(script, text.replace('You have no VMs.', 'You want no VMs.'));
	t.regex((await golem(['vm', 'list'])).stdout, /^You want no VMs\./);
});

for (const missing of ['script-front.cjs.compiled', 'script-front.cjs', '.']) {
	test(`a command works without start-up/${missing}`, async t => {
		const {scripts, golem} = await install(t);
		await fs.rm(path.join(scripts, missing), {recursive: true});
		t.deepEqual(await golem(['vm', 'list', '--json']), healthy);
	});
}

test('a script that is no program is passed over', async t => {
	const {file, golem} = await install(t);
	await fs.writeFile(file('start-up/script-front.cjs'), '<<<<<<<');
	t.deepEqual(await golem(['vm', 'list', '--json']), healthy);
});

test('other flags of V8, and a wish for source maps, change nothing', async t => {
	const {file, node} = await install(t);
	for (const flag of ['--enable-source-maps', '--no-opt', '--stack-size=900']) {
		t.deepEqual(await node([flag, file('cli.cjs'), 'vm', 'list', '--json']), healthy, flag);
	}
});

test('nothing is written beside the program, and nobody else may write what it starts from', async t => {
	const {file, scripts, golem} = await install(t);
	await fs.rm(file('start-up/meow.cjs.compiled'));
	const before = await inventory(scripts);
	await golem(['vm', 'list', '--no-such-flag']);
	t.deepEqual(await inventory(scripts), before);

	for (const name of await fs.readdir(path.join(root, 'dist/source/start-up'))) {
		t.is((await fs.stat(path.join(root, 'dist/source/start-up', name))).mode & 0o022, 0, name);
	}
});

test('commands start while it is being compiled anew, by two at once', async t => {
	const {file, scripts, node, golem} = await install(t);
	const before = await fs.readdir(scripts);
	const warmUps = Array.from({length: 2}, () => node([file('start-up/warm-up.js')]));
	const starts = Array.from({length: 4}, () => golem(['vm', 'list', '--json']));
	for (const warmUp of await Promise.all(warmUps)) {
		t.deepEqual(warmUp, {stdout: '', stderr: '', exitCode: 0});
	}

	for (const start of await Promise.all(starts)) {
		t.deepEqual(start, healthy);
	}

	t.deepEqual(await fs.readdir(scripts), before);
});

test('compiling anew looks at nobody’s settings and leaves nobody’s files', async t => {
	const {file, node} = await install(t);
	const folder = await temporaryFolder(t);
	await node([file('start-up/warm-up.js')], {
		TMPDIR: folder,
		GOLEM_REQUESTOR_DATABASE: path.join(folder, 'someones.db'),
	});
	t.deepEqual(await fs.readdir(folder), []);
});

const commandLines = [
	['--version'],
	['-v', '--json'],
	['--help'],
	['vm'],
	['vm', '--help'],
	['vm', 'create', '--help'],
	['vm', 'list'],
	['vm', 'list', '--quiet'],
	['vm', 'list', 'extra', '--json'],
	['vm', 'lsit'],
	['vm', 'ssh', 'nobody'],
	['vm', 'ssh', 'nobody', '--json'],
	['vm', 'create', 'my-vm', '--cpu', 'many'],
	['provider', '--detach', '--no-such-flag'],
	['provider', 'status'],
	['status'],
	['identity', '--help'],
];

test('what starts fast says the same as the modules that it was made of', async t => {
	const fast = await install(t);
	const modules = await install(t);
	await fs.rm(modules.scripts, {recursive: true});
	for (const environment of [{}, {NO_COLOR: '1'}, {FORCE_COLOR: '1'}]) {
		for (const commandLine of commandLines) {
			t.deepEqual(
				await fast.golem(commandLine, environment),
				await modules.golem(commandLine, environment),
				`${commandLine.join(' ')} with ${JSON.stringify(environment)}`,
			);
		}
	}
});

test('an error that nobody foresaw still says where it was', async t => {
	const {file, golem} = await install(t);
	const script = file('start-up/script-front.cjs');
	const text = await fs.readFile(script, 'utf8');
	await fs.writeFile(script, text.replaceAll('async run(context){', '$&null.unforeseen;'));
	const {stderr, exitCode} = await golem(['vm', 'list']);
	t.is(exitCode, 1);
	t.regex(stderr, /unforeseen/);
	t.regex(stderr, /at .*start-up\/script-front\.cjs:\d+:\d+/);
});
