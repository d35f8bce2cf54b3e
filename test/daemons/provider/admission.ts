import test from 'ava';
import fc from 'fast-check';
import {
	type AdmissionLimits,
	admit,
	availableResources,
	reservedResources,
} from '../../../daemons/provider/admission.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import {covers, type Resources} from '../../../source/protocol/resources.js';
import {vmStatuses} from '../../../source/protocol/vm.js';
import {vmRecord} from './_records.js';

const limits: AdmissionLimits = {
	capacity: {cpu: 8, memory: 16, storage: 200},
	minimum: {cpu: 1, memory: 1, storage: 10},
	maxVms: 4,
	overThreshold: [],
};
const small: Resources = {cpu: 1, memory: 1, storage: 10};
const ports = [20_001, 20_002, 20_003, 20_004, 20_005];

function refusalOf(run: () => unknown): ApiError {
	try {
		run();
	} catch (error) {
		if (error instanceof ApiError) {
			return error;
		}
	}

	throw new Error('It was admitted.');
}

test('the first port that carries no VM is handed out', t => {
	t.is(admit(small, [], limits, ports), 20_001);
	t.is(admit(small, [vmRecord({ssh_port: 20_001}), vmRecord({ssh_port: 20_002})], limits, ports), 20_003);
});

test('exactly what is free can be had, and not one more', t => {
	const taken = [vmRecord({resources: {cpu: 6, memory: 10, storage: 150}})];
	t.notThrows(() => admit({cpu: 2, memory: 6, storage: 50}, taken, limits, ports));
	for (const wanted of [
		{cpu: 3, memory: 6, storage: 50},
		{cpu: 2, memory: 7, storage: 50},
		{cpu: 2, memory: 6, storage: 51},
	]) {
		const {code, status, details} = refusalOf(() => admit(wanted, taken, limits, ports));
		t.is(code, 'RES_001');
		t.is(status, 409);
		t.deepEqual(details, {available: {cpu: 2, memory: 6, storage: 50}});
	}
});

test('less than the smallest VM is refused with what the smallest is', t => {
	const {code, details} = refusalOf(() => admit({cpu: 1, memory: 1, storage: 9}, [], limits, ports));
	t.is(code, 'ADV_002');
	t.deepEqual(details, {minimum: limits.minimum});
});

test('a machine that is short of something takes no VM, and says of what and until when', t => {
	const {code, status, details, headers} = refusalOf(() =>
		admit(small, [], {...limits, overThreshold: ['cpu', 'storage']}, ports),
	);
	t.is(code, 'RES_003');
	t.is(status, 503);
	t.deepEqual(details, {over: ['cpu', 'storage']});
	t.is(headers['Retry-After'], '60');
});

test('the limit of VMs counts those that hold something, and no others', t => {
	const full = ports.slice(0, 4).map(port => vmRecord({ssh_port: port}));
	t.is(refusalOf(() => admit(small, full, limits, ports)).code, 'RES_002');
	const withFailed = [...full.slice(1), vmRecord({status: 'error', ssh_port: 20_001})];
	t.is(admit(small, withFailed, limits, ports), 20_001);
	t.is(refusalOf(() => admit(small, [], {...limits, maxVms: 0}, ports)).code, 'RES_002');
});

test('without a verified port that is free there is no VM', t => {
	t.is(refusalOf(() => admit(small, [], limits, [])).code, 'NET_003');
	t.is(refusalOf(() => admit(small, [vmRecord({ssh_port: 20_001})], limits, [20_001])).code, 'NET_003');
});

test('a VM that is stopped, or on its way, keeps what it holds; one that failed or is gone does not', t => {
	for (const status of vmStatuses) {
		const holds = !['error', 'deleted'].includes(status);
		t.deepEqual(
			reservedResources([vmRecord({status})]),
			holds ? small : {cpu: 0, memory: 0, storage: 0},
			status,
		);
	}
});

test('a capacity that has shrunk leaves nothing free, not less than nothing', t => {
	const taken = [vmRecord({resources: {cpu: 8, memory: 2, storage: 100}})];
	t.deepEqual(availableResources(taken, {cpu: 4, memory: 4, storage: 50}), {cpu: 0, memory: 2, storage: 0});
});

test('whatever comes and goes, nothing is promised twice: no core, no memory, no storage, no port', t => {
	const wanted = fc.record({
		cpu: fc.integer({min: 1, max: 6}),
		memory: fc.integer({min: 1, max: 10}),
		storage: fc.integer({min: 1, max: 120}),
	});
	const step = fc.oneof(
		fc.record({type: fc.constant('create' as const), wanted}),
		fc.record({
			type: fc.constant('change' as const),
			which: fc.nat(20),
			status: fc.constantFrom(...vmStatuses.filter(status => status !== 'creating')),
		}),
		fc.record({type: fc.constant('remove' as const), which: fc.nat(20)}),
	);
	fc.assert(
		fc.property(fc.array(step, {maxLength: 60}), fc.shuffledSubarray(ports), (steps, verified) => {
			let records = [vmRecord({status: 'deleted'})];
			for (const next of steps) {
				if (next.type === 'create') {
					try {
						const port = admit(next.wanted, records, limits, verified);
						records = [...records, vmRecord({resources: next.wanted, ssh_port: port, status: 'creating'})];
						t.true(verified.includes(port));
					} catch (error) {
						t.true(error instanceof ApiError);
					}
				} else {
					const index = next.which % records.length;
					const record = records[index];
					// What has given its things back never takes them again.
					const isOver = record?.status === 'error' || record?.status === 'deleted';
					records =
						next.type === 'remove'
							? records.toSpliced(index, 1, vmRecord({status: 'deleted'}))
							: record && !isOver
								? records.with(index, {...record, status: next.status})
								: records;
				}

				const holders = records.filter(({status}) => status !== 'error' && status !== 'deleted');
				t.true(covers(limits.capacity, reservedResources(records)));
				t.true(holders.length <= limits.maxVms);
				t.is(new Set(holders.map(({ssh_port}) => ssh_port)).size, holders.length);
			}
		}),
	);
});
