import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {VmEnd, VmReading} from '../../../daemons/exe-unit/driver.js';
import {createMeter, type MeterOptions} from '../../../daemons/exe-unit/meter.js';
import {openUsageRecord} from '../../../daemons/exe-unit/usage-record.js';
import {readFileIfThere} from '../../../source/platform/files.js';
import {exeUnitUsageRecordSchema} from '../../../source/protocol/exe-unit.js';
import type {VmUsage} from '../../../source/protocol/vm.js';
import {createTestLog} from '../../support/log.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

/* The VM is a stand-in that says what a test tells it to. Real processes are measured in qemu/ and in test/e2e/usage.ts. */
function createVm(source: string, counters: VmReading['counters'] = {running_seconds: 0, cpu_seconds: 0}) {
	let end: (end: VmEnd) => void = () => {};
	const ended = new Promise<VmEnd>(resolve => {
		end = resolve;
	});
	const reading: VmReading = {source, counters, memoryBytes: 1000};
	const vm = {
		reading,
		looks: 0,
		ended,
		end: () => end({asked: true, reason: 'turned off'}),
		async measure() {
			vm.looks += 1;
			return vm.reading;
		},
		become(changed: VmReading['counters']) {
			vm.reading = {...vm.reading, counters: {...vm.reading.counters, ...changed}};
		},
	};
	return vm;
}

async function setUp(t: ExecutionContext, options: Partial<MeterOptions> = {}) {
	const file = path.join(await temporaryFolder(t), 'usage.json');
	const meter = createMeter({
		record: await openUsageRecord(file, createTestLog().log),
		cores: 2,
		storageBytes: async () => 4096,
		...options,
	});
	t.teardown(() => meter.close());
	return {
		meter,
		file,
		async written() {
			const text = await readFileIfThere(file);
			return text === undefined ? {} : exeUnitUsageRecordSchema.parse(JSON.parse(text)).totals;
		},
	};
}

test('the share of the CPU is that of all cores since the sample before', async t => {
	const {meter} = await setUp(t);
	const vm = createVm('qemu', {running_seconds: 1000, cpu_seconds: 1000});
	meter.watchVm(vm);
	await meter.settled();
	vm.become({running_seconds: 1002, cpu_seconds: 1001});
	t.is((await meter.sample()).cpu_percent, 25);
	vm.become({running_seconds: 1002.1, cpu_seconds: 1001.2});
	t.is((await meter.sample()).cpu_percent, 25, 'a tenth of a second says nothing yet');
	vm.become({running_seconds: 1004, cpu_seconds: 1006});
	t.is((await meter.sample()).cpu_percent, 100, 'never more than all of it');
});

test('what the system does not tell is null, not nought', async t => {
	const {meter} = await setUp(t, {storageBytes: async () => null});
	const vm = createVm('qemu', {running_seconds: 5});
	vm.reading = {...vm.reading, memoryBytes: null};
	meter.watchVm(vm);
	t.like(await meter.sample(), {
		running_seconds: 5,
		cpu_seconds: null,
		cpu_percent: null,
		memory_bytes: null,
		disk_read_bytes: null,
		disk_written_bytes: null,
		storage_bytes: null,
	});
});

test('a VM that never ran has used nothing', async t => {
	const {meter} = await setUp(t);
	t.like(await meter.sample(), {running_seconds: 0, cpu_seconds: 0, cpu_percent: 0, memory_bytes: 0});
});

test('totals go on over a stop and a start, and are on disk with the stop', async t => {
	const {meter, written} = await setUp(t);
	const first = createVm('first', {running_seconds: 60, cpu_seconds: 30, disk_written_bytes: 100});
	meter.watchVm(first);
	await meter.sample();
	first.become({running_seconds: 70, cpu_seconds: 31});
	first.end();
	await first.ended;
	await meter.settled();
	t.like(await written(), {running_seconds: 70, cpu_seconds: 31, disk_written_bytes: 100});
	t.like(await meter.sample(), {cpu_seconds: 31, cpu_percent: 0, memory_bytes: 0});

	meter.watchVm(createVm('second', {running_seconds: 1, cpu_seconds: 2, disk_written_bytes: 50}));
	t.like(await meter.sample(), {running_seconds: 71, cpu_seconds: 33, disk_written_bytes: 150});
});

test('what is told is on disk before it is told', async t => {
	const {meter, written} = await setUp(t);
	const vm = createVm('qemu');
	meter.watchVm(vm);
	for (const cpu_seconds of [1, 2, 3]) {
		vm.become({running_seconds: cpu_seconds * 2, cpu_seconds});
		const told = await meter.sample();
		t.is(told.cpu_seconds, cpu_seconds);
		t.is((await written()).cpu_seconds, cpu_seconds);
	}
});

test('each SSH proxy begins at nothing, and what they carried is added up', async t => {
	const {meter} = await setUp(t);
	const proxy = (bytes_in: number, bytes_out: number) => ({
		figures: () => ({
			open_connections: 0,
			total_connections: 0,
			refused_connections: 0,
			waiting_connections: 0,
			bytes_in,
			bytes_out,
		}),
	});
	meter.watchProxy(proxy(100, 10));
	meter.watchProxy(proxy(5, 7));
	t.like(await meter.sample(), {network_in_bytes: 105, network_out_bytes: 17});
});

test('while nobody follows it is looked at now and then, and a VM that is off not at all', async t => {
	const {meter, written} = await setUp(t, {idleMs: 20});
	const vm = createVm('qemu');
	meter.watchVm(vm);
	await meter.settled();
	vm.become({running_seconds: 9, cpu_seconds: 7});
	await eventually('it is written down', async () => whenTrue((await written()).cpu_seconds === 7));
	vm.end();
	await vm.ended;
	await meter.settled();
	const {looks} = vm;
	await meter.sample();
	t.is(vm.looks, looks);
});

test('who follows has samples while the VM runs, and hears nothing while it does not', async t => {
	const {meter} = await setUp(t, {followMs: 5});
	const ending = new AbortController();
	const seen: VmUsage[] = [];
	const following = (async () => {
		for await (const usage of meter.follow(ending.signal)) {
			seen.push(usage);
		}
	})();
	const [first, second] = [createVm('first'), createVm('second')];
	meter.watchVm(first);
	await eventually('samples come', () => whenTrue(seen.length > 2));
	first.end();
	await first.ended;
	await meter.settled();
	const [count, endedAt] = [seen.length, performance.now()];
	await eventually('a sample would have come', () => whenTrue(performance.now() - endedAt > 50));
	t.is(seen.length, count);
	meter.watchVm(second);
	await eventually('and again after the next start', () => whenTrue(seen.length > count + 1));
	t.true(
		seen.every(({memory_bytes}) => memory_bytes === 1000),
		'each of them is of a VM that ran',
	);
	ending.abort();
	await following;
});

test('two who ask at the same time are answered by one look', async t => {
	const {meter} = await setUp(t);
	const vm = createVm('qemu');
	meter.watchVm(vm);
	await meter.settled();
	const {looks} = vm;
	const [one, other] = await Promise.all([meter.sample(), meter.sample()]);
	t.is(one, other);
	t.is(vm.looks, looks + 1);
});

test('a VM that ends just before the close is counted to its end, even while a sample is taken', async t => {
	const {meter, written} = await setUp(t);
	const vm = createVm('qemu');
	meter.watchVm(vm);
	await meter.settled();
	let release = () => {};
	const held = new Promise<void>(resolve => {
		release = resolve;
	});
	const {measure, reading: before} = vm;
	vm.measure = async () => {
		vm.measure = measure;
		await held;
		return before;
	};
	const sampling = meter.sample();
	await eventually('it is being looked at', () => whenTrue(vm.measure === measure));
	vm.become({running_seconds: 4, cpu_seconds: 2});
	vm.end();
	await vm.ended;
	const closing = meter.close();
	release();
	await Promise.all([sampling, closing]);
	t.is((await written()).cpu_seconds, 2);
});

test('after its close nothing is written any more', async t => {
	const {meter, written} = await setUp(t);
	const vm = createVm('qemu');
	meter.watchVm(vm);
	vm.become({running_seconds: 2, cpu_seconds: 1});
	await meter.close();
	t.is((await written()).cpu_seconds, 1);
	vm.become({running_seconds: 4, cpu_seconds: 2});
	vm.end();
	await vm.ended;
	await meter.settled();
	t.is((await written()).cpu_seconds, 1);
});
