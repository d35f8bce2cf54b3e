import test from 'ava';
import {toEvents} from '../../../daemons/provider/api-answers.js';
import type {VmRecord} from '../../../daemons/provider/vm-record.js';
import {GolemError} from '../../../source/platform/golem-error.js';
import {type VmEvent, type VmUsage, vmEventSchema} from '../../../source/protocol/vm.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {vmRecord} from './_records.js';
import {createTestVms, type Setup} from './_test-vms.js';

function sample(cpu_seconds: number): VmUsage {
	return {
		at: '2026-01-01T00:00:00.000Z',
		running_seconds: 10,
		cpu_seconds,
		cpu_percent: 50,
		memory_bytes: 1,
		disk_read_bytes: 2,
		disk_written_bytes: 3,
		network_in_bytes: 4,
		network_out_bytes: 5,
		storage_bytes: null,
	};
}

async function setUp(t: Parameters<typeof createTestVms>[0], status: 'running' | 'stopped' = 'running') {
	const record = vmRecord({id: 'golem-web', name: 'web', status, ssh_host_keys: ['ssh-ed25519 AAAA']});
	const setup = await createTestVms(t, {records: [record]});
	const unit = setup.units.of(record.id);
	unit.become({status});
	await setup.vms.recover();
	return {...setup, record, unit};
}

/** What somebody who follows the VM has heard so far. */
function follow({vms}: Pick<Setup, 'vms'>, record: VmRecord) {
	const ending = new AbortController();
	const heard: VmEvent[] = [];
	const ended = (async () => {
		for await (const event of toEvents(vms.follow(record, ending.signal))) {
			heard.push(event);
		}
	})();
	return {
		heard,
		cpuSeconds: () => heard.flatMap(event => (event.type === 'usage' ? [event.cpu_seconds] : [])),
		async leave() {
			ending.abort();
			await ended;
		},
	};
}

const streamsOf = ({calls}: {calls: string[]}) => ({
	opened: calls.filter(call => call === 'followUsage').length,
	ended: calls.filter(call => call === 'usage followed no more').length,
});

test('however many follow a VM, its exe-unit measures for one, and for nobody once the last has gone', async t => {
	const setup = await setUp(t);
	const {unit, record} = setup;
	t.is(streamsOf(unit).opened, 0, 'nobody looks');
	const followers = Array.from({length: 5}, () => follow(setup, record));
	await eventually('the exe-unit is followed', () => whenTrue(streamsOf(unit).opened === 1));
	unit.samples.set(sample(1));
	for (const {cpuSeconds} of followers) {
		await eventually('each has the sample', () => whenTrue(cpuSeconds().join() === '1'));
	}

	const [last, ...others] = followers;
	await Promise.all(others.map(({leave}) => leave()));
	unit.samples.set(sample(2));
	await eventually('the last one goes on', () => whenTrue(last?.cpuSeconds().join() === '1,2'));
	t.deepEqual(streamsOf(unit), {opened: 1, ended: 0});
	await last?.leave();
	await eventually('nobody measures any more', () => whenTrue(streamsOf(unit).ended === 1));
});

test('a usage event is the sample, and fits the schema of events', async t => {
	const setup = await setUp(t);
	const follower = follow(setup, setup.record);
	await eventually('the exe-unit is followed', () => whenTrue(streamsOf(setup.unit).opened === 1));
	setup.unit.samples.set(sample(1));
	const event = await eventually('it is told', () => follower.heard.find(({type}) => type === 'usage'));
	t.deepEqual(event, {type: 'usage', ...sample(1)});
	t.deepEqual(vmEventSchema.parse(JSON.parse(JSON.stringify(event))), event);
	await follower.leave();
});

test('who follows later is not told how it was', async t => {
	const setup = await setUp(t);
	const {unit, record} = setup;
	const first = follow(setup, record);
	await eventually('the exe-unit is followed', () => whenTrue(streamsOf(unit).opened === 1));
	unit.samples.set(sample(1));
	await eventually('it is told', () => whenTrue(first.cpuSeconds().length === 1));
	await first.leave();
	unit.samples.set(undefined);

	const second = follow(setup, record);
	await eventually('the exe-unit is followed again', () => whenTrue(streamsOf(unit).opened === 2));
	unit.samples.set(sample(2));
	await eventually('it is told', () => whenTrue(second.cpuSeconds().length > 0));
	t.deepEqual(second.cpuSeconds(), [2]);
	await second.leave();
});

test('a VM that is off has no samples, and none from before when it is on again', async t => {
	const setup = await setUp(t);
	const {unit, record} = setup;
	const follower = follow(setup, record);
	await eventually('the exe-unit is followed', () => whenTrue(streamsOf(unit).opened === 1));
	unit.samples.set(sample(1));
	await eventually('it is told', () => whenTrue(follower.cpuSeconds().length === 1));
	unit.become({status: 'stopped'});
	await eventually('it is off', () => whenTrue(setup.vms.all()[0]?.status === 'stopped'));
	unit.samples.set(sample(2));
	await eventually('a sample came too late', () => whenTrue(unit.calls.includes('sample 2')));
	unit.become({status: 'running'});
	await eventually('it is on', () => whenTrue(setup.vms.all()[0]?.status === 'running'));
	const late = follow(setup, record);
	unit.samples.set(sample(3));
	await eventually('it is told', () => whenTrue(follower.cpuSeconds().includes(3)));
	await eventually('it is told to both', () => whenTrue(late.cpuSeconds().includes(3)));
	t.deepEqual(follower.cpuSeconds(), [1, 3]);
	t.deepEqual(late.cpuSeconds(), [3]);
	await Promise.all([follower.leave(), late.leave()]);
});

test('an exe-unit that is lost is followed again as soon as there is another', async t => {
	const setup = await setUp(t);
	const {unit, record} = setup;
	let losses = 0;
	unit.faults.set('followUsage', () => {
		losses += 1;
		if (losses < 3) {
			throw new GolemError('NOT_REACHABLE', 'the socket is gone');
		}
	});
	const follower = follow(setup, record);
	await eventually('the third one is there', () => whenTrue(losses === 3));
	unit.samples.set(sample(1));
	await eventually('it is told', () => whenTrue(follower.cpuSeconds().length > 0));
	t.deepEqual(follower.cpuSeconds(), [1]);
	await follower.leave();
});

test('the end of a VM ends what follows it', async t => {
	const setup = await setUp(t);
	const {unit, record} = setup;
	const follower = follow(setup, record);
	await eventually('the exe-unit is followed', () => whenTrue(streamsOf(unit).opened === 1));
	await setup.vms.destroy(record);
	await eventually('it was told', () =>
		whenTrue(follower.heard.some(event => event.type === 'status' && event.status === 'deleted')),
	);
	await eventually('nobody measures any more', () => whenTrue(streamsOf(unit).ended === 1));
	await follower.leave();
	t.is(streamsOf(unit).opened, 1);
});

test('the usage until now is what was measured, and what was promised', async t => {
	const {vms, record} = await setUp(t);
	t.deepEqual(await vms.usage(record, AbortSignal.timeout(5000)), {
		vector: ['golem.usage.duration_sec', 'golem.usage.cpu_sec', 'golem.usage.gib', 'golem.usage.storage_gib'],
		current_usage: [90.5, 12.25, 1, 10],
		timestamp: '2026-01-01T00:00:00.000Z',
	});
});

test('where nobody can tell the usage, that is told as something that passes', async t => {
	const {vms, record, unit} = await setUp(t);
	unit.faults.set('usage', () => {
		throw new GolemError('NOT_REACHABLE', 'nobody there');
	});
	await t.throwsAsync(vms.usage(record, AbortSignal.timeout(5000)), {code: 'SRV_002'});
});
