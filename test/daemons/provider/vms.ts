import path from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import test from 'ava';
import type {VmRecord} from '../../../daemons/provider/vm-record.js';
import type {CreateVmCommand} from '../../../daemons/provider/vms.js';
import {GolemError} from '../../../source/platform/golem-error.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import type {LoadKind} from '../../../source/protocol/host-load.js';
import {alice, mallory} from '../../support/identities.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {vmRecord} from './_records.js';
import {createTestVms, type Setup} from './_test-vms.js';

const order = (name: string, change: Partial<CreateVmCommand> = {}): CreateVmCommand => ({
	owner: alice.id,
	request: {name, resources: {cpu: 1, memory: 1, storage: 10}, image: 'micro'},
	idempotency: undefined,
	...change,
});

const withKey = (key: string, body = 'body') => ({idempotency: {key, body: Buffer.from(body)}});

/** Creates a VM and brings it up. */
async function running({vms, units}: Setup, name: string): Promise<VmRecord> {
	const record = await vms.create(order(name));
	units.of(record.id).become({status: 'running'});
	return vms.untilSettled(record, AbortSignal.timeout(5000));
}

/** Keeps the next VM's spec from being written. @returns what lets it be */
function holdWrites(units: Setup['units']): () => void {
	let write = () => {};
	const of = units.of;
	units.of = vmId => {
		const unit = of(vmId);
		unit.faults.set(
			'writeSpec',
			() =>
				new Promise<void>(resolve => {
					write = resolve;
				}),
		);
		return unit;
	};
	return () => write();
}

const codeOf = async (action: Promise<unknown>) =>
	action.then(
		() => 'done',
		(error: unknown) => (error instanceof ApiError ? error.code : String(error)),
	);

test('fifty orders at the same moment get no more than there is', async t => {
	const {vms} = await createTestVms(t);
	const answers = await Promise.all(
		Array.from({length: 50}, (_, index) => codeOf(vms.create(order(`vm-${index}`)))),
	);
	t.is(answers.filter(code => code === 'done').length, 8, 'as many as there are cores');
	t.is(answers.filter(code => code === 'RES_001').length, 42);
	t.is(new Set(vms.all().map(({ssh_port}) => ssh_port)).size, 8);
	t.is(new Set(vms.all().map(({id}) => id)).size, 8);
});

test('a port that another program has taken since is left to it, and the VM gets the next', async t => {
	const {vms, stored} = await createTestVms(t, {takenPorts: new Set([20_000, 20_001, 20_003])});
	const [first, second] = await Promise.all([vms.create(order('web')), vms.create(order('db'))]);
	t.deepEqual(new Set([first.ssh_port, second.ssh_port]), new Set([20_002, 20_004]));
	for (const {id, ssh_port} of [first, second]) {
		t.is((await stored(id))?.ssh_port, ssh_port);
	}
});

test('where other programs have taken every port, nothing is made and nothing is held', async t => {
	const all = new Set(Array.from({length: 20}, (_, index) => 20_000 + index));
	const {vms} = await createTestVms(t, {takenPorts: all});
	await t.throwsAsync(vms.create(order('web')), {code: 'NET_003'});
	t.deepEqual(vms.all(), []);
});

test('of many orders with one name at the same moment one wins, and another tenant may use the name too', async t => {
	const {vms} = await createTestVms(t);
	const answers = await Promise.all([
		...Array.from({length: 5}, () => codeOf(vms.create(order('web')))),
		codeOf(vms.create(order('web', {owner: mallory.id}))),
	]);
	t.deepEqual(answers.sort(), ['VM_003', 'VM_003', 'VM_003', 'VM_003', 'done', 'done']);
});

test('the same order sent many times, even at the same moment, gives one VM', async t => {
	const {vms} = await createTestVms(t);
	const records = await Promise.all(
		Array.from({length: 5}, () => vms.create(order('web', withKey('key-1')))),
	);
	t.is(new Set(records.map(({id}) => id)).size, 1);
	t.is(vms.all().length, 1);
});

test('an order is not confirmed by its repetition before it is on disk', async t => {
	const {vms, units, stored} = await createTestVms(t);
	const write = holdWrites(units);
	const first = vms.create(order('web', withKey('key-1')));
	await eventually('it is being written', () => whenTrue(vms.all().length === 1));
	let isConfirmed = false;
	const second = vms.create(order('web', withKey('key-1'))).then(record => {
		isConfirmed = true;
		return record;
	});
	await nextTurn();
	t.false(isConfirmed);
	write();
	t.is((await second).id, (await first).id);
	t.truthy(await stored((await first).id));
});

test('an order that cannot be written is refused to its repetition too', async t => {
	const {vms, units} = await createTestVms(t);
	const of = units.of;
	units.of = vmId => {
		const unit = of(vmId);
		unit.faults.set('writeSpec', () => {
			throw Object.assign(new Error('no room'), {code: 'ENOSPC'});
		});
		unit.faults.set('any destroy', () => nextTurn());
		return unit;
	};
	const orders = [vms.create(order('web', withKey('key-1'))), vms.create(order('web', withKey('key-1')))];
	t.deepEqual(await Promise.all(orders.map(codeOf)), ['RES_003', 'VM_002']);
	t.deepEqual(vms.all(), []);
});

test('a key that comes with another body is refused, and another tenant’s key is another key', async t => {
	const {vms} = await createTestVms(t);
	await vms.create(order('web', withKey('key-1')));
	t.is(await codeOf(vms.create(order('web', withKey('key-1', 'other')))), 'VM_003');
	t.is(await codeOf(vms.create(order('web', {...withKey('key-1'), owner: mallory.id}))), 'done');
});

test('the key still holds after the provider was started again', async t => {
	const file = path.join(await temporaryFolder(t), 'provider.db');
	const first = await createTestVms(t, {file});
	const {id} = await first.vms.create(order('web', withKey('key-1')));
	const second = await createTestVms(t, {file});
	t.is((await second.vms.create(order('web', withKey('key-1')))).id, id);
});

test('an order that cannot be written down holds nothing', async t => {
	const {vms, units} = await createTestVms(t);
	const write = units.of;
	units.of = vmId => {
		const unit = write(vmId);
		unit.faults.set('writeSpec', () => {
			throw new Error('the disk is full');
		});
		return unit;
	};
	t.is(await codeOf(vms.create(order('web'))), 'Error: the disk is full');
	t.deepEqual(vms.all(), []);
});

test('a VM that has failed, and cannot be started for want of room, is what it was and holds nothing', async t => {
	const setup = await createTestVms(t);
	const record = await setup.vms.create(order('web'));
	const unit = setup.units.of(record.id);
	unit.become({status: 'error', error: {code: 'VM_001', message: 'broken', log: []}});
	await eventually('it has failed', () => whenTrue(setup.vms.all()[0]?.status === 'error'));
	unit.faults.set('writeSpec', () => {
		throw Object.assign(new Error('no room'), {code: 'ENOSPC'});
	});
	t.is(await codeOf(setup.vms.start(record)), 'RES_003');
	t.like(setup.vms.all()[0], {status: 'error', error: {message: 'broken'}, ssh_port: record.ssh_port});
	const whole = {...order('other').request, resources: {cpu: 8, memory: 16, storage: 200}};
	unit.faults.clear();
	t.is(await codeOf(setup.vms.create(order('other', {request: whole}))), 'done');
});

test('a VM is found by its id and by its name, and only by its owner', async t => {
	const {vms} = await createTestVms(t);
	const record = await vms.create(order('web'));
	t.is(vms.find(alice.id, 'web').id, record.id);
	t.is(vms.find(alice.id, record.id).id, record.id);
	t.is(vms.findJob(alice.id, record.job_id).id, record.id);
	for (const name of ['web', record.id]) {
		t.throws(() => vms.find(mallory.id, name), {code: 'VM_002'});
	}

	t.throws(() => vms.findJob(mallory.id, record.job_id), {code: 'VM_002'});
	t.deepEqual(vms.list(mallory.id), []);
});

test('what the exe-unit says is on disk', async t => {
	const setup = await createTestVms(t);
	const {id} = await running(setup, 'web');
	const stored = await eventually('it is on disk', async () => {
		const record = await setup.stored(id);
		return record?.status === 'running' ? record : undefined;
	});
	t.deepEqual(stored.ssh_host_keys, ['ssh-ed25519 AAAA']);
});

test('a creation that fails is told with its reason, and holds nothing', async t => {
	const {vms, units} = await createTestVms(t);
	const record = await vms.create(order('web'));
	const settled = vms.untilSettled(record, AbortSignal.timeout(5000));
	units.of(record.id).become({
		status: 'error',
		error: {code: 'VM_001', message: 'the disk cannot be mounted', log: ['line']},
	});
	await t.throwsAsync(settled, {code: 'VM_001', message: /cannot be mounted/});
	await eventually('its exe-unit was ended', () =>
		whenTrue(units.of(record.id).calls.includes('destroy, keep files')),
	);
	t.is(
		(
			await vms.create(
				order('other', {request: {...order('other').request, resources: {cpu: 8, memory: 16, storage: 200}}}),
			)
		).status,
		'creating',
	);
});

test('a VM is stopped and started, and doing it twice is no failure', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	t.is((await setup.vms.stop(record)).status, 'stopped');
	t.is((await setup.vms.stop(record)).status, 'stopped');
	t.is((await setup.vms.start(record)).status, 'running');
	t.is((await setup.vms.start(record)).status, 'running');
	t.deepEqual(
		setup.units.of(record.id).calls.filter(call => call === 'stop' || call === 'start'),
		['stop', 'start'],
	);
});

test('a VM that is still being made cannot be stopped or started, and says what it is', async t => {
	const {vms} = await createTestVms(t);
	const record = await vms.create(order('web'));
	for (const action of [vms.stop(record), vms.start(record)]) {
		const error = await t.throwsAsync(action, {instanceOf: ApiError, code: 'VM_004'});
		t.deepEqual(error?.details, {status: 'creating'});
	}
});

test('one action on a VM at a time', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const unit = setup.units.of(record.id);
	let letGo = () => {};
	unit.faults.set(
		'stop',
		() =>
			new Promise<void>(resolve => {
				letGo = resolve;
			}),
	);
	const stopping = setup.vms.stop(record);
	t.is(await codeOf(setup.vms.start(record)), 'VM_004');
	t.is(await codeOf(setup.vms.addSshKey(record, {key: 'ssh-ed25519 AAAA', name: 'laptop'})), 'VM_004');
	const again = setup.vms.stop(record);
	letGo();
	t.is((await stopping).status, 'stopped');
	t.is((await again).status, 'stopped', 'the same once more is the one that is under way');
	t.is(unit.calls.filter(call => call === 'stop').length, 1);
});

test('a destruction waits for nothing, and ends what is under way', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const unit = setup.units.of(record.id);
	let breakOff = (_error: Error) => {};
	unit.faults.set(
		'stop',
		() =>
			new Promise<void>((_resolve, reject) => {
				breakOff = reject;
			}),
	);
	unit.faults.set('any destroy', () => breakOff(new Error('the exe-unit is gone')));
	const stopping = codeOf(setup.vms.stop(record));
	const [first, second] = await Promise.all([setup.vms.destroy(record), setup.vms.destroy(record)]);
	t.is(first.status, 'deleted');
	t.is(second.status, 'deleted');
	t.is(await stopping, 'VM_004');
	t.is(unit.calls.filter(call => call === 'destroy').length, 1);
});

test('who asks for the same at the same time gets the same refusal', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	setup.units.of(record.id).faults.set('stop', async () => {
		await nextTurn();
		throw new GolemError('NOT_REACHABLE', 'nobody there');
	});
	t.deepEqual(await Promise.all([codeOf(setup.vms.stop(record)), codeOf(setup.vms.stop(record))]), [
		'SRV_002',
		'SRV_002',
	]);
});

test('a supervisor that is ending is replaced, and its VM keeps what it holds', async t => {
	const {vms, units} = await createTestVms(t, {records: [vmRecord({id: 'golem-web', name: 'web'})]});
	const unit = units.of('golem-web');
	unit.become({status: 'deleted'});
	unit.faults.set('ensureRunning', () => {
		if (unit.calls.filter(call => call.startsWith('ensureRunning')).length > 1) {
			unit.become({status: 'running'});
		}
	});
	await vms.recover();
	await eventually('there was another one', () =>
		whenTrue(unit.calls.filter(call => call.startsWith('ensureRunning')).length > 1),
	);
	t.is(vms.find(alice.id, 'web').status, 'running');
});

test('nobody hears of a failure before what is left of the VM has ended', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const unit = setup.units.of(record.id);
	let end = () => {};
	unit.faults.set(
		'any destroy',
		() =>
			new Promise<void>(resolve => {
				end = resolve;
			}),
	);
	unit.become({status: 'error', error: {code: 'VM_001', message: 'broken', log: []}});
	await eventually('it is being ended', () => whenTrue(unit.calls.includes('destroy, keep files')));
	t.is(setup.vms.all()[0]?.status, 'running');
	end();
	await eventually('it has failed', () => whenTrue(setup.vms.all()[0]?.status === 'error'));
});

test('a destruction that failed is tried again when it is asked for', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const unit = setup.units.of(record.id);
	unit.faults.set('any destroy', () => {
		throw new GolemError('EXE_UNIT_STUCK', 'it does not end');
	});
	t.is(await codeOf(setup.vms.destroy(record)), 'SRV_002');
	unit.faults.clear();
	setup.vms.finishDestructions();
	await eventually('it is gone', () => whenTrue(setup.vms.all().length === 0));
	t.is(await setup.stored(record.id), undefined);
});

test('a destruction waits for what is being written, and leaves nothing of it', async t => {
	const {vms, units, stored} = await createTestVms(t);
	const write = holdWrites(units);
	const creating = codeOf(vms.create(order('web')));
	await eventually('it is being written', () => whenTrue(vms.all().length === 1));
	const [record] = vms.all();
	const destroying = vms.destroy(record ?? vmRecord());
	await nextTurn();
	t.false(units.of(record?.id ?? '').calls.includes('destroy'));
	write();
	t.is((await destroying).status, 'deleted');
	t.is(await creating, 'VM_002');
	t.is(await stored(record?.id ?? ''), undefined);
});

test('two keys at once are both let in, or one is told to wait', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const codes = await Promise.all(
		['ssh-ed25519 AAAA', 'ssh-ed25519 BBBB'].map(key =>
			codeOf(setup.vms.addSshKey(record, {key, name: 'key'})),
		),
	);
	t.deepEqual(codes, ['done', 'VM_004']);
});

test('VMs that failed hold nothing, and yet there are not more of them than three for each that may run', async t => {
	const failed = Array.from({length: 6}, () =>
		vmRecord({status: 'error', error: {code: 'VM_001', message: 'broken', log: []}}),
	);
	const {vms} = await createTestVms(t, {records: failed, maxVms: 2});
	t.is(await codeOf(vms.create(order('web'))), 'RES_002');
	const [first] = failed;
	await vms.destroy(first ?? vmRecord());
	t.is(await codeOf(vms.create(order('web'))), 'done');
});

test('a supervisor that cannot be reached is told as something that passes', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	setup.units.of(record.id).faults.set('stop', () => {
		throw new GolemError('NOT_REACHABLE', 'nobody there');
	});
	const error = await t.throwsAsync(setup.vms.stop(record), {instanceOf: ApiError, code: 'SRV_002'});
	t.is(error?.headers['Retry-After'], '2');
});

test('what a supervisor refuses is refused with its own code', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	setup.units.of(record.id).faults.set('stop', () => {
		throw new GolemError('VM_004', 'The VM is starting', {details: {status: 'starting'}});
	});
	const error = await t.throwsAsync(setup.vms.stop(record), {instanceOf: ApiError, code: 'VM_004'});
	t.is(error?.status, 409);
	t.deepEqual(error?.details, {status: 'starting'});
});

test('a key is added to those that may log in, once, and up to a limit', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const unit = setup.units.of(record.id);
	for (const name of ['laptop', 'phone']) {
		await setup.vms.addSshKey(record, {key: 'ssh-ed25519 AAAA', name});
	}

	t.deepEqual((await setup.stored(record.id))?.ssh_keys, ['ssh-ed25519 AAAA phone']);
	t.true(unit.calls.includes('setSshKeys 1'));
	for (let index = 1; index < 32; index++) {
		await setup.vms.addSshKey(record, {key: `ssh-ed25519 AAAA${index}`, name: 'key'});
	}

	t.is(await codeOf(setup.vms.addSshKey(record, {key: 'ssh-ed25519 BBBB', name: 'key'})), 'VM_004');
	t.is((await setup.stored(record.id))?.ssh_keys.length, 32);
});

test('a machine that is short of something lets no new VM in, and keeps those it has', async t => {
	const overThreshold: LoadKind[] = [];
	const setup = await createTestVms(t, {overThreshold});
	const record = await running(setup, 'web');
	overThreshold.push('memory');
	t.is(await codeOf(setup.vms.create(order('more'))), 'RES_003');
	t.is((await setup.vms.stop(record)).status, 'stopped');
	t.is((await setup.vms.start(record)).status, 'running');
});

test('a VM that was destroyed is nowhere any more, and its name is free', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	t.is((await setup.vms.destroy(record)).status, 'deleted');
	t.deepEqual(setup.vms.all(), []);
	t.is(await setup.stored(record.id), undefined);
	t.true(setup.units.of(record.id).calls.includes('destroy'));
	t.is(await codeOf(setup.vms.create(order('web'))), 'done');
});

test('whoever follows a VM hears of its end', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const heard: string[] = [];
	const following = (async () => {
		for await (const {record: now} of setup.vms.follow(record, AbortSignal.timeout(5000))) {
			heard.push(now.status);
			if (now.status === 'deleted') {
				return;
			}
		}
	})();
	await setup.vms.destroy(record);
	await following;
	t.is(heard.at(-1), 'deleted');
});

test('a destruction that fails on the way can be asked for again', async t => {
	const setup = await createTestVms(t);
	const record = await running(setup, 'web');
	const unit = setup.units.of(record.id);
	unit.faults.set('any destroy', () => {
		throw new Error('the folder is busy');
	});
	t.is(await codeOf(setup.vms.destroy(record)), 'Error: the folder is busy');
	t.true((await setup.stored(record.id))?.is_being_destroyed, 'the wish is on disk');
	unit.faults.clear();
	t.is((await setup.vms.destroy(record)).status, 'deleted');
});

test('after a restart a destruction that was under way is finished', async t => {
	const record = vmRecord({is_being_destroyed: true});
	const {vms, units, stored} = await createTestVms(t, {records: [record]});
	await vms.recover();
	await eventually('it is gone', () => whenTrue(vms.all().length === 0));
	t.deepEqual(units.of(record.id).calls, ['destroy']);
	t.is(await stored(record.id), undefined);
});

test('after a restart each VM is looked for, and what its exe-unit says counts', async t => {
	const records = [
		vmRecord({status: 'running'}),
		vmRecord({status: 'stopped'}),
		vmRecord({status: 'creating'}),
	];
	const {vms, units} = await createTestVms(t, {records});
	for (const [index, status] of (['running', 'stopped', 'running'] as const).entries()) {
		units.of(records[index]?.id ?? '').become({status});
	}

	await vms.recover();
	await eventually('each is what its exe-unit says', () =>
		whenTrue(
			vms
				.all()
				.map(({status}) => status)
				.join() === 'running,stopped,running',
		),
	);
	for (const {id, status} of records) {
		t.is(units.of(id).calls[0], `ensureRunning ${status}`);
	}
});

test('after a restart a VM that had failed is left alone', async t => {
	const record = vmRecord({status: 'error', error: {code: 'VM_001', message: 'broken', log: []}});
	const {vms, units} = await createTestVms(t, {records: [record]});
	await vms.recover();
	await nextTurn();
	t.deepEqual(units.of(record.id).calls, []);
	t.is(vms.all()[0]?.status, 'error');
});

test('after a restart a VM that ran stays off where the provider wants it so', async t => {
	const records = [
		vmRecord({status: 'running'}),
		vmRecord({status: 'starting'}),
		vmRecord({status: 'creating'}),
	];
	const {vms, units} = await createTestVms(t, {records, restartVms: false});
	await vms.recover();
	await eventually('each was looked for', () =>
		whenTrue(records.every(({id}) => units.of(id).calls.length > 0)),
	);
	t.deepEqual(
		records.map(({id}) => units.of(id).calls[0]),
		['ensureRunning stopped', 'ensureRunning stopped', 'ensureRunning creating'],
	);
});

test('an exe-unit that ends is started again, and its VM stays what it was', async t => {
	const {vms, units} = await createTestVms(t, {records: [vmRecord({id: 'golem-web', name: 'web'})]});
	const unit = units.of('golem-web');
	unit.become({status: 'running'});
	let losses = 0;
	unit.faults.set('follow', () => {
		losses += 1;
		if (losses < 3) {
			throw new Error('the socket is gone');
		}
	});
	await vms.recover();
	await eventually('the third one lives', () => whenTrue(losses === 3));
	t.is(unit.calls.filter(call => call === 'ensureRunning running').length, 3);
	t.is(vms.find(alice.id, 'web').status, 'running');
});

test('an exe-unit that will not live makes its VM fail, and its VM is ended before what it held is free', async t => {
	const {vms, units} = await createTestVms(t);
	const create = units.of;
	units.of = vmId => {
		const unit = create(vmId);
		unit.faults.set('ensureRunning', () => {
			throw new Error('it does not start');
		});
		return unit;
	};
	const record = await vms.create(order('web'));
	await eventually('it has failed', () => whenTrue(vms.all()[0]?.status === 'error'));
	t.regex(String(vms.all()[0]?.error?.message), /ended again and again/);
	t.true(units.units.get(record.id)?.calls.includes('destroy, keep files'), 'a VM may still be running');
	t.is((await vms.destroy(record)).status, 'deleted');
});
