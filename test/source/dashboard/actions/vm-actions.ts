import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {withRentals, withVm} from '../../../../source/dashboard/picture.js';
import {openRentals} from '../../../../source/requestor/rentals.js';
import {sshConfigFile} from '../../../../source/requestor/ssh-config.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';
import {access, createStage, rental, standInProvider, standInRequestor, vm} from '../_stand-ins.js';

test('a shell that is asked for twice before it is there is opened once', async t => {
	let made = (_key: {privateKeyFile: string; publicKey: string}) => {};
	const key = new Promise<{privateKeyFile: string; publicKey: string}>(resolve => {
		made = resolve;
	});
	let shells = 0;
	const terminal = {
		suspend() {},
		copy() {},
		setMouse() {},
		handOver: async () => {
			shells += 1;
			throw new Error('The shell has ended.');
		},
	};
	const stage = createStage(t, {requestor: standInRequestor({sshKey: () => key}), terminal});
	const web = rental('web', {access});
	stage.picture.update(picture =>
		withVm(withRentals(picture, [web]), 'web', view => ({...view, status: 'running', isLive: true})),
	);
	stage.type('o');
	stage.type('o');
	t.is(stage.message(), 'A shell is being opened already.');
	made({privateKeyFile: '/nowhere/key', publicKey: ''});
	await eventually('it has ended', () => whenTrue(stage.message() === 'The shell has ended.'));
	t.is(shells, 1);

	stage.type('o');
	await eventually('another one is opened after it', () => whenTrue(shells === 2));
});

test('a VM that is started comes up on another port, and is remembered there as by golem vm start', async t => {
	const folder = await temporaryFolder(t);
	const rentals = await openRentals(path.join(folder, 'vms.db'));
	t.teardown(() => rentals.close());
	const web = rental('web', {access});
	await rentals.set('web', web);
	const provider = standInProvider({
		start: async () => vm('web'),
		access: async () => ({...access, ssh_port: 50_811}),
	});
	const requestor = standInRequestor({
		sshFolder: folder,
		sshKey: async () => ({privateKeyFile: path.join(folder, 'key'), publicKey: ''}),
		rentals: async () => rentals,
		providerOf: async () => provider,
	});
	await fs.writeFile(sshConfigFile(requestor), '');
	const stage = createStage(t, {requestor});
	stage.picture.update(picture =>
		withVm(withRentals(picture, [web]), 'web', view => ({...view, status: 'stopped', isLive: true})),
	);
	stage.type('u');
	await eventually('it runs', () => whenTrue(stage.message() === 'web is running.'));
	t.is((await rentals.get('web'))?.access?.ssh_port, 50_811);
	t.regex(await fs.readFile(sshConfigFile(requestor), 'utf8'), /^\tPort 50811$/m);
});
