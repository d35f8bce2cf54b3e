import test from 'ava';
import {
	emptyPicture,
	heard,
	newVm,
	noted,
	type VmView,
	withDaemon,
	withRentals,
	withVm,
} from '../../../source/dashboard/picture.js';
import type {VmEvent} from '../../../source/protocol/vm.js';
import {daemonStatus, rental, usage} from './_stand-ins.js';

const picture = emptyPicture('/nowhere');
const view = (picture_: ReturnType<typeof withRentals>, name: string) => picture_.vms.get(name);
const status = (value: 'running' | 'stopped' | 'error', message?: string): VmEvent => ({
	type: 'status',
	status: value,
	...(message === undefined ? {} : {error: {code: 'VM_001', message}}),
});

test('in the beginning nobody has looked at any daemon', t => {
	t.deepEqual(
		Object.values(picture.daemons).map(({name, state}) => `${name} ${state}`),
		['discovery asking', 'port-checker asking', 'provider asking'],
	);
});

test('a change of one daemon leaves the others, and all else, as they are', t => {
	const next = withDaemon(picture, 'provider', {state: 'up', status: daemonStatus('provider')});
	t.is(next.daemons.provider.state, 'up');
	t.is(next.daemons.discovery, picture.daemons.discovery);
	t.is(next.vms, picture.vms);
	t.is(next.directory, picture.directory);
});

test('what is told of a daemon and is no news changes nothing', t => {
	const change = {state: 'up' as const, status: daemonStatus('provider'), heardAt: 5};
	const next = withDaemon(picture, 'provider', change);
	t.is(withDaemon(next, 'provider', {...change, status: daemonStatus('provider')}), next);
	t.is(withDaemon(picture, 'provider', {error: undefined}), picture);
});

test('VMs are taken up as they are rented, and go when they are not any more', t => {
	const two = withRentals(picture, [rental('web'), rental('db', {vm_id: null})]);
	t.deepEqual(
		[...two.vms.values()].map(vm => `${vm.name} ${vm.status}`),
		['web asking', 'db unconfirmed'],
	);
	const one = withRentals(two, [rental('web')]);
	t.deepEqual([...one.vms.keys()], ['web']);
	t.is(view(one, 'web'), view(two, 'web'));
});

test('rentals that are as they were change nothing', t => {
	const first = withRentals(picture, [rental('web'), rental('db')]);
	t.is(withRentals(first, [rental('web'), rental('db')]), first);
	const none = withRentals(picture, []);
	t.false(picture.areVmsKnown);
	t.true(none.areVmsKnown);
	t.is(none.vms, picture.vms);
	t.is(withRentals(none, []), none);
});

test('what is known of a VM stays when its rental says more', t => {
	const first = withVm(withRentals(picture, [rental('web')]), 'web', vm => ({...vm, status: 'running'}));
	const next = withRentals(first, [rental('web', {job_id: 'job-2'})]);
	t.like(view(next, 'web'), {status: 'running', rental: {job_id: 'job-2'}});
});

test('of another VM under the same name nothing is known', t => {
	const first = withVm(withRentals(picture, [rental('web')]), 'web', vm =>
		noted({...vm, status: 'running'}, 1, 'running'),
	);
	const next = withRentals(first, [rental('web', {vm_id: 'golem-other'})]);
	t.like(view(next, 'web'), {status: 'asking', happenings: []});
});

test('a VM that is confirmed is asked for', t => {
	const first = withRentals(picture, [rental('web', {vm_id: null})]);
	t.is(view(withRentals(first, [rental('web')]), 'web')?.status, 'asking');
});

test('a change of a VM that is not rented changes nothing', t => {
	t.is(
		withVm(picture, 'web', vm => noted(vm, 1, 'x')),
		picture,
	);
});

test('a change of one VM leaves the others as they are', t => {
	const first = withRentals(picture, [rental('web'), rental('db')]);
	const next = withVm(first, 'web', vm => ({...vm, status: 'running'}));
	t.is(view(next, 'db'), view(first, 'db'));
	t.not(view(next, 'web'), view(first, 'web'));
	t.is(view(first, 'web')?.status, 'asking');
});

test('no more than the last 120 samples and 100 happenings are kept', t => {
	let vm: VmView = {...newVm(rental('web')), status: 'running'};
	for (let count = 0; count < 150; count++) {
		vm = heard(noted(vm, count, `happening ${count}`), usage(count), count);
	}

	t.is(vm.usage.length, 120);
	t.is(vm.usage.at(-1)?.running_seconds, 149);
	t.is(vm.usage[0]?.running_seconds, 30);
	t.is(vm.happenings.length, 100);
	t.is(vm.happenings[0]?.text, 'happening 50');
});

test('an event makes a VM live, and what was wrong with it past', t => {
	const vm = heard({...newVm(rental('web')), error: 'not reachable'}, usage(1), 77);
	t.like(vm, {isLive: true, heardAt: 77, error: undefined});
	t.is(vm.usage.length, 1);
});

test('a stage is shown until the next status, and remembered', t => {
	const booting = heard(
		newVm(rental('web')),
		{type: 'stage', stage: 'boot', message: 'Booting', elapsed_ms: 5},
		1,
	);
	t.is(booting.stage, 'Booting');
	const running = heard(booting, status('running'), 2);
	t.like(running, {stage: undefined, status: 'running'});
	t.deepEqual(running.happenings, [
		{at: 1, text: 'Booting'},
		{at: 2, text: 'running'},
	]);
});

test('the same status again is no happening', t => {
	const running = heard(newVm(rental('web')), status('running'), 1);
	t.is(heard(running, status('running'), 2).happenings.length, 1);
});

test('a failure is told with its reason', t => {
	const failed = heard(newVm(rental('web')), status('error', 'the disk is full'), 1);
	t.like(failed, {status: 'error', error: 'the disk is full'});
	t.deepEqual(failed.happenings, [{at: 1, text: 'error: the disk is full'}]);
});

test('what a VM took before it was stopped is not shown with what it takes later', t => {
	const running = heard(heard(newVm(rental('web')), status('running'), 1), usage(1), 2);
	t.is(heard(running, status('running'), 3).usage.length, 1);
	t.is(heard(running, status('stopped'), 3).usage.length, 0);
});
