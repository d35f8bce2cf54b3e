import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {killProcess} from '../../source/platform/process.js';
import {inspect} from '../support/inspection.js';
import {type Network, offered, startNetwork} from '../support/network.js';
import {canListen} from '../support/ports.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
What is left when something is killed: real daemons, real VMs, real OpenSSH. One network for all tests, which run one
after the other; the VM `web` is there from the beginning.
*/
let network: Network;

test.before(async t => {
	t.timeout(180_000);
	network = await startNetwork();
	const {exitCode, stderr} = await network.requestor.golem([
		...['vm', 'create', 'web', '--cpu', '2', '--json'],
	]);
	t.is(exitCode, 0, stderr);
	await onWeb('sh', '-c', 'echo kept > note; sync');
});

test.after.always(async () => {
	await network?.tearDown();
});

const on = () => inspect(network);
const onWeb = (...words: string[]) => network.requestor.golem(['vm', 'ssh', 'web', '--', ...words]);

test.serial(
	'a shell goes on while the provider is killed, and the next provider finds the VM again',
	async t => {
		const vmId = await on().idOf('web');
		const pid = await on().vmProcess(vmId);
		const shell = network.requestor.start([
			'vm',
			'ssh',
			'web',
			'--',
			'sh',
			'-c',
			'echo begun; sleep 3; echo alive; exit 9',
		]);
		await shell.printed('begun');
		await network.provider.crash();
		const {exitCode, stdout} = await shell.ended;
		t.is(stdout, 'begun\nalive\n');
		t.is(exitCode, 9);
		t.is(
			(await onWeb('echo', 'still here')).stdout,
			'still here\n',
			'a new connection needs no provider either',
		);

		await network.provider.run();
		t.deepEqual(await on().vms(), [[vmId, 'running']]);
		t.is(await on().vmProcess(vmId), pid, 'it is the same VM');
		const stopped = await network.requestor.golem(['vm', 'stop', 'web', '--json'], {timeoutMs: 90_000});
		t.is(stopped.json?.status, 'stopped', stopped.stderr);
		const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
		t.is(started.json?.status, 'running', started.stderr);
	},
);

test.serial('a supervisor that is killed is replaced by one that takes the same VM over', async t => {
	const before = await on().exeUnitStatus();
	await killProcess(before.pid);
	const after = await eventually(
		'another supervisor says that the VM runs',
		async () => {
			const status = await on()
				.exeUnitStatus()
				.catch(() => undefined);
			return status?.vm_pid && status.pid !== before.pid && status.status === 'running' ? status : undefined;
		},
		10_000,
	);
	t.is(after.vm_pid, before.vm_pid);
	t.deepEqual(after.ssh_host_keys, before.ssh_host_keys);
	t.is((await onWeb('cat', '/home/ubuntu/note')).stdout, 'kept\n');
	t.deepEqual(await on().vms(), [[await on().idOf('web'), 'running']]);
});

test.serial('when everything is killed at once, the next provider brings the VM back as it was', async t => {
	const before = await on().rentalOf('web');
	await killEverything();
	await network.provider.run();
	await untilWebRuns();
	const note = await eventually(
		'its shell answers',
		async () => (await onWeb('cat', 'note')).stdout || undefined,
		60_000,
	);
	t.is(note, 'kept\n');
	const vmId = await on().idOf('web');
	t.deepEqual(
		(await network.requestor.golem(['vm', 'access', 'web', '--json'])).json.ssh_port,
		before.access?.ssh_port,
	);
	t.deepEqual(await on().vms(), [[vmId, 'running']]);
});

test.serial(
	'where the provider wants it so, what was killed stays off until somebody turns it on',
	async t => {
		await killEverything();
		network.provider.environment['GOLEM_PROVIDER_RESTART_VMS'] = 'false';
		await network.provider.run();
		delete network.provider.environment['GOLEM_PROVIDER_RESTART_VMS'];
		await eventually('the VM is off', async () => whenTrue((await on().vms())[0]?.[1] === 'stopped'));
		t.is(await on().vmProcess(await on().idOf('web')), undefined);
		const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
		t.is(started.json?.status, 'running', started.stdout);
		t.is((await onWeb('cat', 'note')).stdout, 'kept\n');
	},
);

test.serial('a store that is no database any more is set aside, and no VM is lost', async t => {
	const vmId = await on().idOf('web');
	const pid = await on().vmProcess(vmId);
	await network.provider.crash();
	const folder = network.provider.paths.daemonFolder('provider');
	await fs.writeFile(path.join(folder, 'provider.db'), 'this is a letter to a friend\n'.repeat(500));
	await network.provider.run();
	await untilWebRuns();
	t.is(await on().vmProcess(vmId), pid, 'it went on all the time');
	t.is((await fs.readdir(folder)).filter(name => /^provider\.db\.damaged-.*Z$/.test(name)).length, 1);
	const log = await fs.readFile(network.provider.paths.daemonLog('provider'), 'utf8');
	t.regex(log, /the store of VMs was damaged/);
	const owner = network.provider.as(await network.requestor.identity());
	t.deepEqual(
		(await owner.list()).map(({id}) => id),
		[vmId],
		'and it is still its owner’s',
	);
});

test.serial('a key can be added to a VM that runs, and still opens it after a stop', async t => {
	const file = path.join(network.folder, 'second-key');
	await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
	const access = (await on().rentalOf('web')).access;
	const login = () =>
		execa(
			'ssh',
			[
				...['-F', 'none', '-i', file, '-o', 'IdentitiesOnly=yes', '-o', 'BatchMode=yes'],
				...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
				...['-p', String(access?.ssh_port), `ubuntu@${access?.ssh_host}`, 'hostname'],
			],
			{reject: false, stdin: 'ignore', timeout: 30_000},
		);
	t.is((await login()).exitCode, 255);
	const owner = network.provider.as(await network.requestor.identity());
	await owner.addSshKey('web', {key: (await fs.readFile(`${file}.pub`, 'utf8')).trim(), name: 'second'});
	t.is((await login()).stdout, 'web');
	t.is((await onWeb('hostname')).stdout, 'web\n', 'the first key opens it too');
	await owner.stop('web');
	await owner.start('web');
	t.is((await login()).stdout, 'web');
});

test.serial('no secret is in any log', async t => {
	const vmFolder = path.join(network.provider.paths.providerVms, await on().idOf('web'));
	const hostKey = JSON.parse(await fs.readFile(path.join(vmFolder, 'host-key.json'), 'utf8')).dropbearKey;
	const identity = (await fs.readFile(network.provider.paths.identity, 'utf8')).trim();
	const requestor = (await fs.readFile(network.requestor.paths.identity, 'utf8')).trim();
	const logs = await Promise.all(
		[
			network.provider.paths.daemonLog('provider'),
			...['exe-unit.log', 'exe-unit.out', 'qemu.log'].map(name => path.join(vmFolder, name)),
		].map(file => fs.readFile(file, 'utf8')),
	);
	const text = logs.join('');
	t.regex(text, /"msg":"admitted"/);
	for (const secret of [hostKey, identity.replace(/^0x/, ''), requestor.replace(/^0x/, '')]) {
		t.true(secret.length > 40);
		t.false(text.includes(secret));
	}

	t.false(/signature|private/i.test(text.replaceAll(/"auth":"signature"/g, '')));
});

test.serial('a QEMU that is killed leaves an error within five seconds, and all it held is free', async t => {
	const {access} = await on().rentalOf('web');
	const vmId = await on().idOf('web');
	const pid = await on().vmProcess(vmId);
	t.deepEqual((await on().resources()).available, {cpu: 6, memory: 15, storage: 190});
	await killProcess(pid ?? 0);
	await eventually('the VM is in error', async () => whenTrue((await on().vms())[0]?.[1] === 'error'), 5000);

	await eventually('everything is free', async () =>
		whenTrue((await on().resources()).available.cpu === offered.cpu),
	);
	t.deepEqual((await on().resources()).available, offered);
	t.true(await canListen(Number(access?.ssh_port)));
	const ports = await network.provider.control.ports();
	t.deepEqual(
		ports.ports.filter(({state, vm_id}) => state === 'in-use' || vm_id !== null),
		[],
	);
	const info = await network.requestor.golem(['vm', 'info', 'web', '--json']);
	t.is(info.json.status, 'error');
	t.regex(info.json.error_message, /ended unexpectedly/);

	const destroyed = await network.requestor.golem(['vm', 'destroy', 'web', '--yes', '--json']);
	t.is(destroyed.exitCode, 0, destroyed.stderr);
	t.deepEqual(await on().vms(), []);
	t.deepEqual(await on().vmFolders(), []);
	t.deepEqual(await on().vmProcesses(), []);
	t.deepEqual((await network.requestor.golem(['vm', 'list', '--json'])).json, []);
});

/** Each provokes the crash of the provider at another moment of a creation. */
const crashes: Array<{moment: string; provoke: (name: string) => Promise<void>}> = [
	{
		moment: 'right after it has said yes',
		async provoke(name) {
			await network.requestor.golem(['vm', 'create', name, '--no-wait', '--json']);
			await network.provider.crash();
		},
	},
	{
		moment: 'while it is being asked',
		async provoke(name) {
			const create = network.requestor.start(['vm', 'create', name, '--json']);
			await create.printed('Asking');
			await network.provider.crash();
			await create.ended;
		},
	},
	{
		moment: 'as soon as it has made the VM’s folder',
		async provoke(name) {
			const create = network.requestor.start(['vm', 'create', name, '--json']);
			await eventually('there is a folder', async () => whenTrue((await on().vmFolders()).length > 0));
			await network.provider.crash();
			create.signal('SIGKILL');
			await create.ended;
		},
	},
	{
		moment: 'while the VM boots',
		async provoke(name) {
			const create = network.requestor.start(['vm', 'create', name, '--json'], {timeoutMs: 120_000});
			await create.printed('Booting');
			await network.provider.crash();
			create.signal('SIGKILL');
			await create.ended;
		},
	},
];

for (const [index, {moment, provoke}] of crashes.entries()) {
	test.serial(`a provider killed ${moment} leaves a whole VM or nothing`, async t => {
		const name = `crash-${index}`;
		await destroyAll();
		await provoke(name);
		await network.provider.run();
		await isWholeOrNothing(t, name);

		const destroyed = await network.requestor.golem(['vm', 'destroy', name, '--yes', '--json']);
		t.true([0, 3].includes(destroyed.exitCode), destroyed.stdout);
		await isNothing(t);
	});
}

test.serial('a VM that is destroyed while it boots is gone at once', async t => {
	await destroyAll();
	const create = network.requestor.start(['vm', 'create', 'short', '--json'], {timeoutMs: 120_000});
	await create.printed('Booting');
	const destroyed = await network.requestor.golem(['vm', 'destroy', 'short', '--yes', '--json']);
	t.is(destroyed.exitCode, 0, destroyed.stdout);
	await isNothing(t);
	t.not((await create.ended).exitCode, 0);
});

/** Provider, exe-unit and QEMU: as when the machine goes down, but that nothing was written to disk in the end. */
async function killEverything(): Promise<void> {
	await onWeb('sync');
	const {pid} = await on().exeUnitStatus();
	const qemu = await on().vmProcess(await on().idOf('web'));
	await network.provider.crash();
	await Promise.all([killProcess(pid), killProcess(qemu ?? 0)]);
}

async function untilWebRuns(): Promise<void> {
	await eventually('the VM runs', async () => whenTrue((await on().vms())[0]?.[1] === 'running'), 90_000);
}

/** Clears away what a test before this one has left when it failed. */
async function destroyAll(): Promise<void> {
	for (const [name] of await on().withRentals(rentals => rentals.entries())) {
		await network.requestor.golem(['vm', 'destroy', name, '--yes', '--json']);
	}
}

async function isWholeOrNothing(t: ExecutionContext, name: string): Promise<void> {
	const known = await on().vms();
	if (known.length === 0) {
		t.log('nothing is there');
		await isNothing(t);
		return;
	}

	t.log('the VM is there');
	t.is(known.length, 1);
	await eventually(
		'the VM runs',
		async () => {
			const [[, status] = []] = await on().vms();
			if (status === 'error') {
				throw new Error('The VM is in error.');
			}

			return whenTrue(status === 'running');
		},
		90_000,
	);
	// A creation whose answer was never heard is finished by asking again.
	const rental = await on().rentalOf(name);
	if (rental.vm_id === null) {
		const again = await network.requestor.golem(['vm', 'create', name, '--json'], {timeoutMs: 90_000});
		t.is(again.exitCode, 0, again.stdout);
	}

	t.deepEqual(await on().vms(), [[String((await on().rentalOf(name)).vm_id), 'running']]);
	const {stdout, stderr} = await network.requestor.golem(['vm', 'ssh', name, '--', 'hostname']);
	t.is(stdout, `${name}\n`, stderr);
	t.is((await on().vmProcesses()).filter(({commandLine}) => commandLine.includes('qemu-system')).length, 1);
}

async function isNothing(t: ExecutionContext): Promise<void> {
	t.deepEqual(await on().vms(), []);
	t.deepEqual(await on().vmFolders(), []);
	t.deepEqual((await on().resources()).available, offered);
	t.deepEqual(
		await eventually('no process of a VM is left', async () => {
			const left = await on().vmProcesses();
			return left.length === 0 ? left : undefined;
		}),
		[],
	);
	t.deepEqual(await on().sockets(), []);
}
