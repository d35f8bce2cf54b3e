import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {type Machine, measureMachine, planCapacity} from '../../../daemons/provider/capacity.js';
import {noResources} from '../../../source/protocol/resources.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually} from '../../support/waiting.js';

const gb = 1024 ** 3;
const mb = 1024 ** 2;
const machine: Machine = {cores: 10, memoryBytes: 32 * gb, storageBytes: 500 * gb};

const machines = fc.record({
	cores: fc.integer({min: 1, max: 512}),
	memoryBytes: fc.integer({min: 0, max: 4096 * gb}),
	storageBytes: fc.integer({min: 0, max: 65_536 * gb}),
});
const reserves = fc.integer({min: 0, max: 95});

test('what the settings say is rented out, whatever the machine has and whatever the reserve is', t => {
	const offered = {cpu: 64, memory: 1, storage: 10_000};
	t.deepEqual(planCapacity(offered, machine, 50), offered);
});

test('where the settings say nothing, it is what the machine has less the reserve', t => {
	t.deepEqual(planCapacity(noResources, machine, 20), {cpu: 8, memory: 25, storage: 400});
	t.deepEqual(planCapacity(noResources, machine, 0), {cpu: 10, memory: 32, storage: 500});
	t.deepEqual(planCapacity({cpu: 0, memory: 4, storage: 0}, machine, 20), {
		cpu: 8,
		memory: 4,
		storage: 400,
	});
});

test('the reserve of cores is whole ones: a small machine rents out all it has', t => {
	const coresOf = (cores: number, reserve: number) =>
		planCapacity(noResources, {...machine, cores}, reserve).cpu;
	t.is(coresOf(1, 95), 1);
	t.is(coresOf(4, 20), 4);
	t.is(coresOf(5, 20), 4);
	t.is(coresOf(9, 20), 8);
});

test('a part of a GB is not rented out', t => {
	const {memory, storage} = planCapacity(
		noResources,
		{cores: 1, memoryBytes: 2 * gb - 1, storageBytes: 0.9 * gb},
		0,
	);
	t.deepEqual([memory, storage], [1, 0]);
});

test('of any machine whole amounts are rented out, with the reserve left and a core at least', t => {
	fc.assert(
		fc.property(machines, reserves, (any, reserve) => {
			const {cpu, memory, storage} = planCapacity(noResources, any, reserve);
			t.true([cpu, memory, storage].every(amount => Number.isInteger(amount) && amount >= 0));
			t.true(cpu >= 1 && cpu <= any.cores);
			t.true(memory * gb <= any.memoryBytes * (1 - reserve / 100));
			t.true(storage * gb <= any.storageBytes * (1 - reserve / 100));
			// Not a whole core less than could be spared.
			t.true(any.cores - cpu <= (any.cores * reserve) / 100);
		}),
	);
});

test('a larger reserve never leaves more to rent out', t => {
	fc.assert(
		fc.property(machines, reserves, reserves, (any, one, other) => {
			const more = planCapacity(noResources, any, Math.min(one, other));
			const less = planCapacity(noResources, any, Math.max(one, other));
			t.true(less.cpu <= more.cpu && less.memory <= more.memory && less.storage <= more.storage);
		}),
	);
});

test('of this machine its cores, its installed memory and what its disk has free are told', async t => {
	const folder = await temporaryFolder(t);
	const {cores, memoryBytes, storageBytes} = await measureMachine(folder, []);
	t.is(cores, os.availableParallelism());
	t.is(memoryBytes, os.totalmem());
	const {blocks, bsize} = await fs.statfs(folder);
	t.true(storageBytes > 0 && storageBytes <= blocks * bsize);
});

test('what the VMs have written that hold storage counts as theirs; what a failed one has written is nobody’s', async t => {
	const folder = await temporaryFolder(t);
	for (const vmId of ['holder', 'failed']) {
		await fs.mkdir(path.join(folder, vmId));
		await fs.writeFile(path.join(folder, vmId, 'disk.qcow2'), Buffer.alloc(16 * mb, 1));
	}

	const counted = await eventually('a moment in which nobody else writes much to this disk', async () => {
		const before = (await measureMachine(folder, [])).storageBytes;
		const between = (await measureMachine(folder, ['holder', 'never there'])).storageBytes;
		const after = (await measureMachine(folder, [])).storageBytes;
		return Math.abs(before - after) < mb ? between - after : undefined;
	});
	t.true(Math.abs(counted - 16 * mb) < 2 * mb, `${counted} bytes`);
});

test('a disk’s holes do not count, however large its file seems', async t => {
	const folder = await temporaryFolder(t);
	const {blocks, bsize} = await fs.statfs(folder);
	const file = path.join(folder, 'vm', 'disk.qcow2');
	await fs.mkdir(path.dirname(file));
	await fs.writeFile(file, 'written');
	await fs.truncate(file, blocks * bsize);
	const {storageBytes} = await measureMachine(folder, ['vm']);
	t.true(storageBytes < blocks * bsize, `${storageBytes} bytes`);
});

test('a file that is gone when its turn comes counts nothing', async t => {
	const folder = await temporaryFolder(t);
	await fs.mkdir(path.join(folder, 'vm'));
	// To whoever asks for its size, a link into nothing is the same.
	await fs.symlink(path.join(folder, 'nowhere'), path.join(folder, 'vm', 'gone'));
	await t.notThrowsAsync(measureMachine(folder, ['vm']));
});
