import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import * as z from 'zod';
import {vmSchema} from '../../source/protocol/vm.js';
import {runGolem, startGolem} from '../support/golem.js';
import {provideImages} from '../support/images.js';
import {processesOf, removeWithProcesses} from '../support/leftovers.js';
import {canListen} from '../support/ports.js';
import {keys, openTerminal} from '../support/terminal.js';

/** The document that scripts read; more may be in it, nothing less. */
const demoSchema = z.looseObject({
	ok: z.literal(true),
	stages: z.array(z.object({name: z.string(), ms: z.number().min(0)})),
	ssh: z.looseObject({'uname -a': z.string().startsWith('Linux demo '), nproc: z.literal('1')}),
	accelerator: z.string(),
	image: z.literal('micro'),
	vm: vmSchema,
});

test.serial(
	'the demo rents a VM in a network of its own, tells how long each stage took, and leaves nothing',
	async t => {
		const home = await createHome(t);
		const {exitCode, stdout, stderr, json} = await runGolem(['demo', '--json'], {home, timeoutMs: 120_000});
		t.is(exitCode, 0, stderr);
		t.is(stdout.trim().split('\n').length, 1);
		const {stages, ssh, vm} = demoSchema.parse(json);
		t.deepEqual(
			stages.map(({name}) => name),
			[
				'discovery',
				'port-checker',
				'provider',
				'verify',
				'find',
				'choose',
				'request',
				'prepare',
				'boot',
				'network',
				'shell',
				'teardown',
			],
		);
		t.false(ssh['uname -a'].includes(os.release()));
		t.is(vm.status, 'running');
		await nothingIsLeft(t, home);
		t.true(await canListen(Number(vm.ssh_port)));
	},
);

test.serial('without a guest image the demo says how to get one, and starts nothing', async t => {
	const home = await createHome(t, {withImages: false});
	const {exitCode, json} = await runGolem(['demo', '--json'], {home, timeoutMs: 20_000});
	t.is(exitCode, 1);
	t.is(json.error.code, 'IMAGE_MISSING');
	t.regex(json.error.hint, /golem setup/);
	await nothingIsLeft(t, home);
});

for (const moment of [
	'Starting discovery',
	'Starting the port checker',
	'Starting the provider',
	'Verifying ports',
	'Looking for a provider',
	'Asking 127.0.0.1',
	'Booting',
	'Waiting for SSH',
	'Trying its shell',
]) {
	test.serial(`a demo interrupted at «${moment}» ends with 130 and leaves nothing`, async t => {
		const home = await createHome(t);
		const demo = startGolem(['demo', '--json'], {home, timeoutMs: 120_000});
		await demo.printed(moment);
		demo.signal('SIGINT');
		const {exitCode, json, stderr} = await demo.ended;
		t.is(exitCode, 130, stderr);
		t.is(json?.error.code, 'INTERRUPTED');
		await nothingIsLeft(t, home);
	});
}

test.serial('a demo interrupted while it takes everything down leaves nothing either', async t => {
	const home = await createHome(t);
	const demo = startGolem(['demo', '--json'], {home, timeoutMs: 120_000});
	await demo.printed('Taking all of it down');
	demo.signal('SIGINT');
	const {exitCode} = await demo.ended;
	t.true([0, 130].includes(exitCode), 'it was nearly done');
	await nothingIsLeft(t, home);
});

test.serial('a demo that was killed before it ran is cleared away by the next one', async t => {
	const home = await createHome(t);
	const killed = startGolem(['demo', '--json'], {home, timeoutMs: 120_000});
	await killed.printed('Starting the port checker');
	killed.signal('SIGKILL');
	await killed.ended;

	const {exitCode, stdout} = await runGolem(['demo', '--json'], {home, timeoutMs: 120_000});
	t.is(exitCode, 0, stdout);
	await nothingIsLeft(t, home);
});

test.serial(
	'a demo that still runs is not replaced behind somebody’s back, but ended by demo --stop',
	async t => {
		const home = await createHome(t);
		const killed = startGolem(['demo', '--json'], {home, timeoutMs: 120_000});
		await killed.printed('Booting');
		killed.signal('SIGKILL');
		await killed.ended;
		t.true((await processesOf(home)).length >= 3, 'its daemons go on without it');

		const refused = await runGolem(['demo', '--json'], {home});
		t.is(refused.exitCode, 6);
		t.is(refused.json.error.code, 'DEMO_RUNNING');
		t.regex(refused.json.error.hint, /golem demo --stop/);

		const menu = openTerminal(['demo'], {home});
		t.teardown(() => menu.close());
		await menu.shows('Stop all of it', 20_000);
		menu.press(keys.ctrlC);
		await menu.ended();
		t.true((await processesOf(home)).length >= 3, 'Ctrl-C leaves it as it was');

		const stopped = await runGolem(['demo', '--stop', '--json'], {home});
		t.is(stopped.exitCode, 0);
		t.deepEqual(stopped.json, {stopped: true});
		await nothingIsLeft(t, home);
	},
);

test.serial('demo --stop ends a supervisor that does not answer any more, and its VM', async t => {
	const home = await createHome(t);
	const killed = startGolem(['demo', '--json'], {home, timeoutMs: 120_000});
	await killed.printed('Waiting for SSH');
	killed.signal('SIGKILL');
	await killed.ended;
	const supervisor = (await processesOf(home)).find(({commandLine}) => commandLine.includes('/exe-unit/'));
	process.kill(supervisor?.pid ?? 0, 'SIGSTOP');

	const {exitCode, stdout} = await runGolem(['demo', '--stop', '--json'], {home, timeoutMs: 60_000});
	t.is(exitCode, 0, stdout);
	await nothingIsLeft(t, home);
});

async function createHome(t: ExecutionContext, {withImages = true} = {}): Promise<string> {
	const home = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'g-')));
	t.teardown(() => removeWithProcesses(home));
	if (withImages) {
		await provideImages(home);
	}

	return home;
}

/** No process, and nothing of the demo's in the home: no socket, no key, no disk. */
async function nothingIsLeft(t: ExecutionContext, home: string): Promise<void> {
	t.deepEqual(await processesOf(home), []);
	t.deepEqual(
		(await fs.readdir(home)).filter(name => name !== 'images'),
		[],
	);
}
