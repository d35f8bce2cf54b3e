import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {formCommand, wishesOf} from '../../../../source/dashboard/actions/create-vm.js';
import {withRentals} from '../../../../source/dashboard/picture.js';
import type {Runtime} from '../../../../source/dashboard/runtime.js';
import {type FormView, topView} from '../../../../source/dashboard/ui-state.js';
import {GolemError} from '../../../../source/platform/golem-error.js';
import type {CreateVmBody} from '../../../../source/protocol/vm.js';
import {openRentals} from '../../../../source/requestor/rentals.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {
	access,
	advertisement,
	createStage,
	entry,
	providerId,
	rental,
	rentInPicture,
	type Stage,
	standInProvider,
	standInRequestor,
	vm,
	withProviders,
} from '../_stand-ins.js';

const esc = '\u001B';
const down = `${esc}[B`;
const right = `${esc}[C`;
const left = `${esc}[D`;

function openForm(t: ExecutionContext, change: Partial<Runtime> = {}): Stage {
	const stage = createStage(t, change);
	stage.picture.update(picture =>
		withProviders(picture, [
			entry(1, {images: ['micro', 'ubuntu']}),
			entry(2, {images: ['alpine']}),
			{...entry(3, {images: ['evil']}), isGenuine: false},
		]),
	);
	return stage;
}

function form({ui}: Stage): FormView {
	const view = topView(ui.get());
	if (view?.kind !== 'form') {
		throw new Error(`There is ${view?.kind} where the form was to be.`);
	}

	return view;
}

test('a form begins with a free name and what most people want', t => {
	const stage = openForm(t);
	rentInPicture(stage, {'vm-1': 'running', 'vm-3': 'running'});
	stage.type('c');
	t.deepEqual(wishesOf(form(stage)), {name: 'vm-2', size: 'small', provider: '', image: ''});
	t.is(formCommand(form(stage)), 'golem vm create vm-2');
});

test('names are edited, choices turned round, fields gone through', t => {
	const stage = openForm(t);
	stage.type('c');
	stage.type(`\u0015web-${esc}[200~two\n${esc}[201~`);
	stage.type(`${down}${right}${right}${left}\tl ${down}${left}`);
	t.deepEqual(wishesOf(form(stage)), {
		name: 'web-two',
		size: 'medium',
		provider: providerId(2),
		image: 'ubuntu',
	});
	t.is(
		formCommand(form(stage)),
		`golem vm create web-two --size medium --provider-id ${providerId(2)} --image ubuntu`,
	);
	stage.type(down);
	t.is(form(stage).focus, 0);
	stage.type(`${esc}[Z`);
	t.is(form(stage).focus, 3);
});

test('what strangers name their images runs nothing in a shell that the command is copied into', t => {
	const stage = createStage(t);
	stage.picture.update(picture => withProviders(picture, [entry(1, {images: ["x'; rm -rf ~"]})]));
	stage.type(`c${down}${down}${down}${right}`);
	t.is(formCommand(form(stage)), `golem vm create vm-1 --image 'x'\\''; rm -rf ~'`);
});

test('letters that are keys elsewhere are letters in a name', t => {
	const stage = openForm(t);
	stage.type('c\u0015qhl? :D');
	t.is(wishesOf(form(stage)).name, 'qhl? :D');
	t.deepEqual(stage.done, []);
});

test('a forged provider, and what it says, is not to be chosen', t => {
	const stage = openForm(t);
	stage.type('c');
	const choices = form(stage).fields.flatMap(field => (field.kind === 'choice' ? field.choices : []));
	t.false(choices.some(({value}) => value === providerId(3) || value === 'evil'));
	t.true(choices.some(({value}) => value === providerId(2)));
});

test('from a provider the form is opened with that one', t => {
	const stage = openForm(t);
	stage.type('2jc');
	t.is(wishesOf(form(stage)).provider, providerId(2));
	stage.type(`${esc}`);
	stage.type('k\rc');
	t.is(wishesOf(form(stage)).provider, providerId(1));
});

test('a bad name is told in the form, until it is changed', t => {
	const stage = openForm(t);
	rentInPicture(stage, {web: 'running'});
	stage.type('c');
	const faults = ['a', 'Web', 'web', ''].map(name => {
		stage.type(`\u0015\u000B${name}\r`);
		return form(stage).error;
	});
	t.deepEqual(faults, [
		'The name must have at least 3 characters.',
		'The name must be of a-z, 0-9 and single hyphens, and begin and end with a letter or digit.',
		'You have a VM named web already.',
		'The name must have at least 3 characters.',
	]);
	stage.type(`${down}\r`);
	t.is(form(stage).focus, 0);
	stage.type('x');
	t.is(form(stage).error, undefined);
	t.deepEqual(stage.ui.get().activities, []);
});

test('Esc and Ctrl-C leave the form, and nothing is rented or quit', t => {
	for (const key of [esc, '\u0003']) {
		const stage = openForm(t);
		stage.type('c');
		stage.type(key);
		t.is(topView(stage.ui.get()), undefined);
		t.deepEqual(stage.ui.get().activities, []);
		t.deepEqual(stage.done, []);
	}
});

const running = vm('web');

/** A requestor with a real file of rentals, and a provider that answers orders so. */
async function rentingRequestor(t: ExecutionContext, create: (body: CreateVmBody) => Promise<void>) {
	const home = await temporaryFolder(t);
	const rentals = await openRentals(path.join(home, 'vms.db'));
	t.teardown(() => rentals.close());
	const job = {job_id: 'job-1', vm_id: 'golem-web', status: 'pending' as const};
	const provider = standInProvider({
		async create(body) {
			await create(body);
			return job;
		},
		async *events() {
			yield {type: 'stage', stage: 'boot', message: 'boot', elapsed_ms: 1};
			yield {type: 'status', status: 'running'};
		},
		job: async () => ({...job, status: 'done', vm: running}),
		access: async () => access,
	});
	const requestor = standInRequestor({
		sshFolder: path.join(home, 'ssh'),
		rentals: async () => rentals,
		remember: async rental => rentals.set(rental.name, rental),
		findProviders: async () => [advertisement(1), advertisement(2)],
		providerOf: async () => provider,
		sshKey: async () => ({publicKey: 'ssh-ed25519 AAAA', privateKeyFile: '/nowhere/key'}),
	});
	return {requestor, rentals};
}

test('what the form says is rented, step by step, with the command that does the same', async t => {
	const orders: CreateVmBody[] = [];
	const {requestor, rentals} = await rentingRequestor(t, async body => {
		orders.push(body);
		rentInPicture(stage, {another: 'running', web: 'creating'});
	});
	const stage = openForm(t, {requestor});
	stage.type(`c\u0015web${down}${right}\r`);
	t.like(topView(stage.ui.get()), {kind: 'activity'});
	const activity = () => stage.ui.get().activities.at(-1);
	await eventually('the VM is ready', () => whenTrue(activity()?.state !== 'running'));
	t.like(activity(), {
		title: 'Creating web',
		command: 'golem vm create web --size medium',
		state: 'done',
		result: 'web is ready; o opens a shell in it.',
	});
	const steps = activity()?.steps.map(({message}) => message) ?? [];
	t.deepEqual(
		['Looking for a provider', 'Asking 198.51.100.7:7466 for the VM', 'Booting'].map(step =>
			steps.includes(step),
		),
		[true, true, true],
		steps.join('; '),
	);
	t.true(activity()?.steps.every(({endedAt}) => endedAt !== undefined));
	t.deepEqual(orders, [
		{name: 'web', resources: {cpu: 2, memory: 4, storage: 20}, ssh_key: 'ssh-ed25519 AAAA'},
	]);
	t.deepEqual((await rentals.get('web'))?.access, access);
	t.is(stage.message(), 'web is ready; o opens a shell in it.');
	rentInPicture(stage, {another: 'running', web: 'running'});
	stage.type('y');
	t.is(stage.message(), 'Copied: golem vm ssh web', 'its keys work where it was created');
	stage.type(esc);
	t.is(stage.ui.get().tables.vms.selectedKey, 'web', 'and it is the one that is selected from then on');
});

test('a creation that was cut short is finished by starting the VM, with the order as it was', async t => {
	const orders: CreateVmBody[] = [];
	const {requestor, rentals} = await rentingRequestor(t, async body => {
		orders.push(body);
	});
	const begun = rental('web', {resources: {cpu: 2, memory: 4, storage: 20}, vm_id: null, job_id: null});
	await rentals.set('web', begun);
	const stage = openForm(t, {requestor});
	stage.picture.update(picture => withRentals(picture, [begun]));
	stage.type('c\u0015web\r');
	t.is(form(stage).error, 'The creation of web was cut short; u on it finishes it.');
	stage.type(esc);
	stage.type('u');
	const activity = () => stage.ui.get().activities.at(-1);
	await eventually('the VM is ready', () => whenTrue(activity()?.state !== 'running'));
	t.like(activity(), {
		title: 'Creating web',
		command: 'golem vm create web',
		state: 'done',
		result: 'web is ready; o opens a shell in it.',
	});
	t.deepEqual(orders, [
		{name: 'web', resources: {cpu: 2, memory: 4, storage: 20}, ssh_key: 'ssh-ed25519 AAAA'},
	]);
	t.deepEqual((await rentals.get('web'))?.access, access);
});

test('what is being created is not begun a second time beside itself', async t => {
	let orders = 0;
	const {requestor} = await rentingRequestor(t, async () => {
		orders += 1;
		// As long as this test takes, and no longer: a rental that goes on keeps the process.
		await new Promise((_, reject) => {
			t.teardown(() => reject(new Error('The test is over.')));
		});
	});
	const stage = openForm(t, {requestor});
	stage.type('c\u0015web\r');
	await eventually('it is ordered', () => whenTrue(orders === 1));
	stage.type(esc);
	stage.picture.update(picture => withRentals(picture, [rental('web', {vm_id: null, job_id: null})]));
	stage.type('1u');
	t.is(stage.message(), 'web is being created already.');
	stage.type('c\u0015web\r');
	t.is(form(stage).error, 'web is being created already.');
	t.is(orders, 1);
});

test('an order that is refused is told, with what helps', async t => {
	const {requestor, rentals} = await rentingRequestor(t, async () => {
		throw new GolemError('RES_001', 'There is no core left.', {hint: 'Try a smaller size.'});
	});
	const stage = openForm(t, {requestor});
	stage.type('c\u0015web\r');
	const activity = () => stage.ui.get().activities.at(-1);
	await eventually('the order is refused', () => whenTrue(activity()?.state !== 'running'));
	t.like(activity(), {state: 'failed', result: 'There is no core left.', hint: 'Try a smaller size.'});
	t.like(stage.ui.get().message, {text: 'There is no core left.', kind: 'error'});
	t.is(await rentals.get('web'), undefined);
});

test('two things under way do not tell of each other', async t => {
	const waiting = new Map<string, () => void>();
	const {requestor} = await rentingRequestor(
		t,
		({name}) =>
			new Promise(resolve => {
				waiting.set(name, resolve);
			}),
	);
	const stage = openForm(t, {requestor});
	stage.type('c\u0015web\r');
	stage.type(esc);
	stage.type('c\u0015db1\r');
	await eventually('both are asked for', () => whenTrue(waiting.size === 2));
	const states = () => stage.ui.get().activities.map(({title, state}) => `${title} ${state}`);
	t.deepEqual(states(), ['Creating web running', 'Creating db1 running']);
	waiting.get('db1')?.();
	await eventually('one is done', () => whenTrue(states()[1] === 'Creating db1 done'), 30_000);
	t.is(states()[0], 'Creating web running');
	waiting.get('web')?.();
	await eventually('the other is done', () => whenTrue(states()[0] === 'Creating web done'), 30_000);
});
