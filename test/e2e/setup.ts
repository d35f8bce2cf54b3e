import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {requirements} from '../../source/setup/requirements.js';
import {runGolem} from '../support/golem.js';
import {provideImages} from '../support/images.js';
import {processesOf, removeWithProcesses} from '../support/leftovers.js';
import {keys, openTerminal} from '../support/terminal.js';
import {eventually, whenTrue} from '../support/waiting.js';

/** Nobody's, where this runs as root; else this one is ordinary enough. */
const ordinaryUser = process.getuid?.() === 0 ? 65_534 : undefined;
const qemuPrograms = ['qemu-system-x86_64', 'qemu-system-aarch64', 'qemu-img'];

test.serial('setup builds what is missing, and the second time finds nothing to do', async t => {
	const home = await createHome(t);
	const first = await runGolem(['setup', '--yes', '--json'], {home, timeoutMs: 240_000});
	t.is(first.exitCode, 0, first.stderr);
	t.true(first.json.changed);
	t.deepEqual(first.json.images, [{name: 'micro', state: 'built'}]);
	const programs: Array<{program: string; state: string}> = first.json.programs;
	for (const {program} of requirements) {
		t.true(['present', 'installed'].includes(String(programs.find(each => each.program === program)?.state)));
	}

	const second = await runGolem(['setup', '--yes', '--json'], {home});
	t.is(second.exitCode, 0, second.stderr);
	t.false(second.json.changed);
	t.true(second.json.ready);
	t.deepEqual(second.json.images, [{name: 'micro', state: 'present'}]);
});

test.serial('Ctrl-C at its question changes nothing, and is told as an interruption', async t => {
	const home = await createHome(t);
	const terminal = openTerminal(['setup'], {home});
	t.teardown(() => terminal.close());
	await terminal.shows('Shall I?');
	terminal.press(keys.ctrlC);
	t.is(await terminal.ended(20_000), 130);
	t.regex(terminal.history().join('\n'), /Interrupted/);
	await t.throwsAsync(fs.access(path.join(home, 'images')), {code: 'ENOENT'});
});

test.serial('an ordinary user is shown the exact commands to run, and nothing is changed', async t => {
	const home = await createHome(t);
	if (ordinaryUser !== undefined) {
		await fs.chown(home, ordinaryUser, ordinaryUser);
	}

	const folder = await programsWithoutQemu(t, {home});
	const marker = path.join(home, 'was-run');
	await fs.writeFile(path.join(folder, 'apt-get'), `#!/bin/sh\ntouch ${marker}\n`, {mode: 0o755});
	const options = {home, environment: {PATH: folder}, userId: ordinaryUser, timeoutMs: 20_000};

	const {exitCode, stderr} = await runGolem(['setup', '--yes'], options);
	t.is(exitCode, 4);
	t.regex(
		stderr,
		/sudo apt-get update -q && sudo apt-get install -y -q --no-install-recommends qemu-system-\w+ qemu-utils/,
	);

	const {json} = await runGolem(['setup', '--yes', '--json'], options);
	t.is(json.error.code, 'NOT_ALLOWED');
	await t.throwsAsync(fs.access(marker), {code: 'ENOENT'});
	await t.throwsAsync(fs.access(path.join(home, 'images')), {code: 'ENOENT'});
});

test.serial(
	'without QEMU a provider refuses to start, says why and how to help it, and leaves nothing running',
	async t => {
		const home = await createHome(t);
		await provideImages(home);
		const folder = await programsWithoutQemu(t, {home});
		const startedAt = performance.now();
		const {exitCode, json} = await runGolem(['provider', '--detach', '--json'], {
			home,
			environment: {PATH: folder, GOLEM_PROVIDER_PORT: '0', GOLEM_PROVIDER_PUBLIC_IP: '127.0.0.1'},
			timeoutMs: 30_000,
		});
		t.is(exitCode, 1);
		t.is(json.error.code, 'DRIVER_MISSING');
		t.regex(json.error.message, /qemu-system-\w+ was not found/);
		t.regex(json.error.hint, /golem setup/);
		t.true(performance.now() - startedAt < 10_000);
		await noProcessIsLeft(t, home);
	},
);

test.serial('without a guest image a provider refuses to start, and says how to get one', async t => {
	const home = await createHome(t);
	const {exitCode, stderr} = await runGolem(['provider', '--detach'], {
		home,
		environment: {GOLEM_PROVIDER_PORT: '0', GOLEM_PROVIDER_PUBLIC_IP: '127.0.0.1'},
		timeoutMs: 30_000,
	});
	t.is(exitCode, 1);
	t.regex(stderr, /There is no guest image/);
	t.regex(stderr, /golem setup/);
	await noProcessIsLeft(t, home);
});

/** A daemon that could not start ends by itself; it may be at it still when its starter has told why. */
async function noProcessIsLeft(t: ExecutionContext, home: string): Promise<void> {
	await eventually('no process is left', async () => whenTrue((await processesOf(home)).length === 0), 5000);
	t.deepEqual(await processesOf(home), []);
}

async function createHome(t: ExecutionContext): Promise<string> {
	const home = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'g-')));
	t.teardown(() => removeWithProcesses(home));
	return home;
}

/** A folder for the PATH with every program of the real one but QEMU's. */
async function programsWithoutQemu(t: ExecutionContext, {home}: {home: string}): Promise<string> {
	const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'g-path-'));
	t.teardown(() => fs.rm(folder, {recursive: true, force: true}));
	await fs.chmod(folder, 0o755);
	t.false(folder.startsWith(home));
	for (const from of (process.env['PATH'] ?? '').split(path.delimiter)) {
		for (const name of await fs.readdir(from).catch(() => [])) {
			if (!qemuPrograms.includes(name) && name !== 'apt-get') {
				await fs.symlink(path.join(from, name), path.join(folder, name)).catch(() => {});
			}
		}
	}

	return folder;
}
