import {randomBytes, randomInt, randomUUID} from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {GolemError} from '../../source/platform/golem-error.js';
import {createIdentity, createPrivateKey} from '../../source/protocol/identity.js';
import type {Vm} from '../../source/protocol/vm.js';
import {createHarness, type Harness} from '../support/fault-injection/harness.js';
import type {Owner} from '../support/fault-injection/owner.js';
import {readBanner, readProviderState} from '../support/fault-injection/provider-state.js';
import {moveToSmallDisk} from '../support/fault-injection/small-disk.js';
import {findVmProcesses, killAtOnce} from '../support/fault-injection/vm-processes.js';
import {alice} from '../support/identities.js';
import {type Network, offered, startNetwork} from '../support/network.js';
import {withStubQemu} from '../support/stub-qemu/settings.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
What a provider promises holds whatever is killed, and whenever. `GOLEM_TEST_SEED` repeats a run's choices: who does what,
when, and what is killed; what the system makes of that in time is its own.
*/
const seed = Number(process.env['GOLEM_TEST_SEED'] ?? randomInt(1_000_000));
const isRoot = process.getuid?.() === 0;

test.serial(
	'through two hundred rounds of crashes each VM is whole or gone, and nothing is held by nobody',
	async t => {
		t.timeout(20 * 60_000);
		const network = await start(t);
		const harness = createHarness({
			network,
			owners: ['ann', 'bob', 'cleo'].map(name => createOwner(network, name)),
			names: ['web', 'db1', 'mail'],
			seed,
			pauseMs: 100,
			stepCounts: [0, 0, 1, 1, 2],
			deadlineMs: 60_000,
		});
		await runRounds(t, harness, 200);
	},
);

test.serial('real VMs hold to the same through some rounds of crashes', async t => {
	t.timeout(15 * 60_000);
	const network = await start(t, {});
	const harness = createHarness({
		network,
		owners: ['ann', 'bob'].map(name => createOwner(network, name)),
		names: ['web'],
		seed,
		pauseMs: 3000,
		stepCounts: [1, 2],
		deadlineMs: 180_000,
	});
	t.is(await harness.fill(), undefined);
	await runRounds(t, harness, 4);
});

/** What may happen to the file that has every VM's record, with the provider down. */
const damages: Record<string, (file: string) => Promise<void>> = {
	'is garbage': async file => fs.writeFile(file, await noise(file)),
	'is garbage after its first lines': async file => overwrite(file, 100),
	'was cut short': async file => fs.truncate(file, 5000),
	'has a damaged journal': async file => overwrite(`${file}-wal`, 32),
	'is empty': async file => {
		await fs.writeFile(file, '');
		await fs.rm(`${file}-wal`, {force: true});
	},
	'is gone': async file => {
		await fs.rm(file);
		await fs.rm(`${file}-wal`, {force: true});
	},
};

for (const [damage, inflict] of Object.entries(damages)) {
	test.serial(`a provider whose store ${damage} has all its VMs again when it starts`, async t => {
		t.timeout(120_000);
		const network = await start(t);
		const provider = network.provider.as(alice);
		const web = await createVm(network, 'web');
		const off = await createVm(network, 'off');
		await provider.stop('off');
		await network.provider.crash();
		await inflict(storeOf(network));
		await network.provider.run();
		await eventually('both VMs are what they were', async () => {
			const now = await provider.list();
			const statuses = [web, off].map(({id}) => now.find(vm => vm.id === id)?.status);
			return whenTrue(statuses.join() === 'running,stopped');
		});
		t.regex(await readBanner(Number(web.ssh_port)), /^SSH-2\.0-/);
		t.is((await provider.start('off')).status, 'running');
	});
}

test.serial('a store that nothing can replace is told of at the start, and the VMs go on', async t => {
	t.timeout(120_000);
	const network = await start(t);
	const {id, ssh_port} = await createVm(network, 'web');
	await network.provider.crash();
	const copy = path.join(network.provider.paths.providerVms, id, 'record.json');
	const text = await fs.readFile(copy);
	await fs.writeFile(storeOf(network), await noise(storeOf(network)));
	await fs.writeFile(copy, 'garbage');

	const {exitCode, json} = await network.provider.golem(['provider', '--detach', '--json']);
	t.is(exitCode, 1);
	t.is(json.error.code, 'STORE_DAMAGED');
	t.true(json.error.message.includes(storeOf(network)), json.error.message);
	t.true(json.error.message.includes(copy), json.error.message);
	t.regex(await readBanner(Number(ssh_port)), /^SSH-2\.0-/);

	await fs.writeFile(copy, text);
	await network.provider.run();
	t.is((await network.provider.as(alice).get('web')).id, id);
});

if (isRoot) {
	test.serial('on a full disk nothing is begun, and with room again all works', async t => {
		t.timeout(180_000);
		const network = await start(t);
		const {provider} = network;
		await provider.golem(['provider', 'stop', '--json']);
		const disk = await moveToSmallDisk(provider.home, 32);
		t.teardown(disk.remove);
		await provider.run();
		const owner = provider.as(alice);
		const state = readProviderState(provider.paths.daemonSocket('provider'));
		const web = await createVm(network, 'web');
		await createVm(network, 'old');
		const failed = await createVm(network, 'failed');
		await killVm(network, failed.id);
		const folders = await vmFolders(network);
		const free = (await state.resources()).available;

		await disk.fill();
		for (const begin of [
			() => owner.create({name: 'new', size: 'small'}, randomUUID()),
			() => owner.create({name: 'newer', size: 'small'}, randomUUID()),
			() => owner.start('failed'),
		]) {
			const error = await t.throwsAsync(begin, {instanceOf: GolemError});
			t.is(error?.code, 'RES_003', error?.message);
		}

		t.is((await owner.get('failed')).status, 'error');
		t.deepEqual((await state.resources()).available, free);
		t.deepEqual(await vmFolders(network), folders, 'nothing is half there');
		t.is((await owner.list()).length, 3);
		t.regex(await readBanner(Number(web.ssh_port)), /^SSH-2\.0-/, 'what runs goes on');
		await Promise.all(['failed', 'old'].map(name => owner.destroy(name)));
		t.deepEqual(
			(await owner.list()).map(({name, status}) => [name, status]),
			[['web', 'running']],
		);

		await disk.free();
		await createVm(network, 'new');
		await createVm(network, 'newer');
		t.is((await owner.stop('web')).status, 'stopped');
		t.is((await owner.start('web')).status, 'running');
		await Promise.all(['web', 'new', 'newer'].map(name => owner.destroy(name)));
		t.deepEqual((await state.resources()).available, offered);
		t.deepEqual(await vmFolders(network), []);
	});
}

async function start(t: ExecutionContext, settings: Record<string, string> = withStubQemu): Promise<Network> {
	const network = await startNetwork(settings);
	t.teardown(network.tearDown);
	return network;
}

function createOwner(network: Network, name: string): Owner {
	const identity = createIdentity(createPrivateKey());
	return {name, identity, client: network.provider.as(identity), vmIds: new Set()};
}

async function runRounds(t: ExecutionContext, harness: Harness, rounds: number): Promise<void> {
	t.log(`GOLEM_TEST_SEED=${seed}`);
	for (let round = 1; round <= rounds; round += 1) {
		const report = await harness.runRound(round);
		if (report !== undefined) {
			t.fail(report);
			return;
		}
	}

	t.is(await harness.finish(), undefined);
}

/** Creates a VM of alice's and waits until it runs. */
async function createVm({provider}: Network, name: string): Promise<Vm> {
	const owner = provider.as(alice);
	await owner.create({name, size: 'small'}, randomUUID());
	return eventually(
		`${name} runs`,
		async () => {
			const vm = await owner.get(name);
			return vm.status === 'running' ? vm : undefined;
		},
		60_000,
	);
}

/** Waits until its provider knows, too. */
async function killVm({folder, provider}: Network, id: string): Promise<void> {
	const processes = await findVmProcesses(folder);
	for (const {pid} of processes.filter(({kind, vmId}) => kind === 'vm' && vmId === id)) {
		killAtOnce(pid);
	}

	await eventually(`${id} has failed`, async () => {
		const {status} = await provider.as(alice).get(id);
		const left = (await findVmProcesses(folder)).some(({vmId}) => vmId === id);
		return whenTrue(status === 'error' && !left);
	});
}

const storeOf = ({provider}: Network) => path.join(provider.paths.daemonFolder('provider'), 'provider.db');

const vmFolders = async ({provider}: Network) => (await fs.readdir(provider.paths.providerVms)).sort();

const noise = async (file: string) => randomBytes((await fs.stat(file)).size);

/** Leaves the file's beginning, by which SQLite knows it, as it is. */
async function overwrite(file: string, from: number): Promise<void> {
	const content = await fs.readFile(file);
	await fs.writeFile(file, Buffer.concat([content.subarray(0, from), randomBytes(content.length - from)]));
}
