import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net, {type AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {createHttpClient} from '../../source/client/http-client.js';
import {readFileIfThere} from '../../source/platform/files.js';
import {GolemError} from '../../source/platform/golem-error.js';
import {isProcessAlive, killProcess} from '../../source/platform/process.js';
import {errorBodySchema} from '../../source/protocol/error-codes.js';
import {type ExeUnitStatus, exeUnitStatusSchema} from '../../source/protocol/exe-unit.js';
import {signRequest} from '../../source/protocol/signed-request.js';
import {openRentals, type Rental} from '../../source/requestor/rentals.js';
import {type Answer, send} from '../support/http.js';
import {mallory} from '../support/identities.js';
import {processesOf} from '../support/leftovers.js';
import {canListen, type Network, offered, startNetwork} from '../support/network.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
Renting from end to end: real daemons, real VMs, real OpenSSH. One network for all tests, which run one after the other;
the VM `web` is rented by the first and used by most.
*/
let network: Network;

test.before(async () => {
	network = await startNetwork();
});

test.after.always(async () => {
	await network?.tearDown();
});

const onWeb = (...words: string[]) => network.requestor.golem(['vm', 'ssh', 'web', '--', ...words]);

test.serial('a VM is rented by one command and runs a kernel of its own', async t => {
	const created = await network.requestor.golem(
		['vm', 'create', 'web', '--cpu', '2', '--memory', '1', '--storage', '10', '--json'],
		{timeoutMs: 120_000},
	);
	t.is(created.exitCode, 0, created.stderr);
	t.is(created.json.status, 'running');
	t.is(created.json.provider_id, network.provider.id);
	t.deepEqual(created.json.resources, {cpu: 2, memory: 1, storage: 10});

	const guest = await onWeb('uname', '-rv');
	t.is(guest.exitCode, 0, guest.stderr);
	t.regex(guest.stdout, /^\d+\.\d+/);
	t.not(guest.stdout.trim(), `${os.release()} ${os.version()}`);
	const bootIds = await Promise.all([
		fs.readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
		onWeb('cat', '/proc/sys/kernel/random/boot_id').then(({stdout}) => stdout),
	]);
	t.is(new Set(bootIds).size, 2);
});

test.serial('the guest has the cores, the memory and the disk that were asked for', async t => {
	const {stdout} = await onWeb(
		'sh',
		'-c',
		'nproc; grep MemTotal /proc/meminfo; grep vda /proc/partitions; whoami',
	);
	const [cores, memory, disk, user] = stdout.trim().split('\n');
	t.is(cores, '2');
	const memoryMb = Number(/(\d+) kB/.exec(memory ?? '')?.[1]) / 1024;
	t.true(memoryMb > 850 && memoryMb <= 1024, `it has ${memoryMb} MB`);
	t.is(Number(disk?.trim().split(/\s+/)[2]), 10 * 1024 * 1024);
	t.is(user, 'ubuntu');
});

test.serial('the words after -- arrive in the guest as they were given', async t => {
	const words = [
		'two words',
		"it's",
		'"quoted"',
		'$HOME',
		'$(id)',
		'`id`',
		'',
		'*',
		'a;b&&c|d>e',
		'line\nbreak',
		'-n',
		'--json',
		'--help',
		'--',
		'\\',
		'~',
		'#comment',
		'!history',
		'käse ☕',
		' ',
	];
	const {stdout, exitCode} = await onWeb(
		'sh',
		'-c',
		'for word; do printf "%s\\0" "$word"; done',
		'sh',
		...words,
	);
	t.is(exitCode, 0);
	t.deepEqual(stdout.split('\0').slice(0, -1), words);
});

test.serial('the exit status and both streams of a command in the guest are passed on', async t => {
	const {exitCode, stdout, stderr} = await onWeb('sh', '-c', 'echo out; echo err >&2; exit 7');
	t.is(exitCode, 7);
	t.is(stdout, 'out\n');
	t.is(stderr, 'err\n');
	const files = await fs.readdir(network.requestor.paths.ssh);
	t.deepEqual(
		files.filter(name => name.startsWith('.ssh-log')),
		[],
		'what OpenSSH said meanwhile is cleared away',
	);
});

test.serial('what is piped into vm ssh reaches the command in the guest, byte for byte', async t => {
	const input = `${'0123456789abcdef'.repeat(4096)}\n`.repeat(20);
	const {stdout} = await network.requestor.golem(['vm', 'ssh', 'web', '--', 'wc', '-c'], {input});
	t.is(Number(stdout), input.length);
});

test.serial('files are still there after the VM was stopped and started', async t => {
	await onWeb('sh', '-c', 'echo kept > /home/ubuntu/note && sync');
	const stopped = await network.requestor.golem(['vm', 'stop', 'web', '--json'], {timeoutMs: 90_000});
	t.is(stopped.json?.status, 'stopped', stopped.stderr);
	t.is(await vmProcess(await idOf('web')), undefined);

	const refused = await onWeb('true');
	t.is(refused.exitCode, 255, 'there is nothing to log in to');

	const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
	t.is(started.json?.status, 'running', started.stderr);
	t.is((await onWeb('cat', '/home/ubuntu/note')).stdout, 'kept\n');
});

test.serial('a key that was not given when the VM was rented opens nothing', async t => {
	const key = await createKey('stranger');
	const {access} = await rentalOf('web');
	const {exitCode, stderr} = await execa(
		'ssh',
		[
			['-F', 'none'],
			['-i', key],
			['-o', 'IdentitiesOnly=yes'],
			['-o', 'IdentityAgent=none'],
			['-o', 'BatchMode=yes'],
			['-o', 'StrictHostKeyChecking=no'],
			['-o', 'UserKnownHostsFile=/dev/null'],
			['-p', String(access?.ssh_port)],
			['ubuntu@127.0.0.1', 'true'],
		].flat(),
		{reject: false, stdin: 'ignore', timeout: 30_000},
	);
	t.is(exitCode, 255);
	t.regex(stderr, /Permission denied/);
});

test.serial('an SSH server with another host key is not talked to, and vm ssh says why', async t => {
	const otherKey = await readPublicKey(await createKey('imposter'));
	const rental = await rentalOf('web');
	const {access} = rental;
	if (!access) {
		throw new Error('The VM has no access.');
	}

	await rewriteRental({...rental, access: {...access, ssh_host_keys: [otherKey]}});
	try {
		const {exitCode, stdout, stderr} = await onWeb('touch', '/home/ubuntu/was-here');
		t.is(exitCode, 4);
		t.is(stdout, '');
		t.regex(stderr, /is not the VM web: its host key is not the one/);
		t.regex(stderr, /golem vm info web/);

		const shell = await network.requestor.golem(['vm', 'ssh', 'web', '--json']);
		t.is(shell.exitCode, 4);
		t.is(shell.json.error.code, 'HOST_KEY_CHANGED');
	} finally {
		await rewriteRental(rental);
	}

	t.is((await onWeb('ls', '/home/ubuntu/was-here')).exitCode, 1, 'the command must not have run');
});

test.serial('a second VM of the same name is a conflict, for the command and for the API', async t => {
	const again = await network.requestor.golem(['vm', 'create', 'web', '--json']);
	t.is(again.exitCode, 6);
	t.is(again.json.error.code, 'VM_003');

	const provider = network.provider.as(await network.requestor.identity());
	const error = await t.throwsAsync(
		provider.create({name: 'web', size: 'small'}, 'a key that was never used', AbortSignal.timeout(10_000)),
		{instanceOf: GolemError},
	);
	t.is(error?.code, 'VM_003');
	t.is((await provider.list()).length, 1);
});

test.serial('to another requestor the VM does not exist, whatever is asked', async t => {
	const {vm_id, job_id} = await rentalOf('web');
	for (const [method, route] of vmRoutes(String(vm_id), String(job_id))) {
		const answer = await signedRequest(method, route);
		t.is(answer.status, 404, `${method} ${route}`);
		t.is(answer.json.code, 'VM_002', `${method} ${route}`);
	}

	const byName = await signedRequest('GET', '/api/v1/vms/web');
	t.is(byName.status, 404);
	const list = await signedRequest('GET', '/api/v1/vms');
	t.deepEqual(list.json, []);
	t.is((await network.requestor.golem(['vm', 'info', 'web', '--json'])).json.status, 'running');
});

test.serial('a request without a signature is refused on every route about VMs', async t => {
	const {vm_id, job_id} = await rentalOf('web');
	const routes = [
		...vmRoutes(String(vm_id), String(job_id)),
		['GET', '/api/v1/vms'],
		['POST', '/api/v1/vms'],
		['POST', '/api/v1/vms?async=true'],
	] as const;
	for (const [method, route] of routes) {
		const answer = await send(api(), {
			method,
			path: route,
			...(route.startsWith('/api/v1/vms?') || (method === 'POST' && route === '/api/v1/vms')
				? {body: '{"name":"intruder"}', headers: {'Content-Type': 'application/json'}}
				: {}),
		});
		t.is(answer.status, 401, `${method} ${route}`);
		t.is(answer.json.code, 'AUTH_003', `${method} ${route}`);
	}

	t.is((await network.requestor.golem(['vm', 'info', 'web', '--json'])).json.status, 'running');
});

test.serial('a request that was signed by somebody else than it says is refused', async t => {
	const {id} = await network.requestor.identity();
	const answer = await signedRequest('GET', '/api/v1/vms', {'X-Requestor-ID': id});
	t.is(answer.status, 401);
	t.is(answer.json.code, 'AUTH_001');
});

test.serial('the guest reaches nothing of the host: neither its loopback nor its own addresses', async t => {
	let visits = 0;
	const listener = net.createServer(socket => {
		visits += 1;
		socket.on('error', () => {});
		socket.end('HTTP/1.0 200 OK\r\n\r\nsecret of the host\n');
	});
	listener.listen(0, '0.0.0.0');
	await once(listener, 'listening');
	const {port} = listener.address() as AddressInfo;
	try {
		const addresses = [
			'10.0.2.2',
			'10.77.0.1',
			'127.0.0.1',
			...Object.values(os.networkInterfaces()).flatMap(entries =>
				(entries ?? [])
					.filter(({family, internal}) => family === 'IPv4' && !internal)
					.map(({address}) => address),
			),
		];
		const connect = (address: string, to: number) => onWeb('sh', '-c', `nc -w 3 ${address} ${to} </dev/null`);
		const own = await connect('127.0.0.1', 22);
		t.regex(own.stdout, /^SSH-2\.0-/, 'what it tries with does work, inside of it');
		for (const address of addresses) {
			const {stdout, exitCode} = await connect(address, port);
			t.is(stdout, '', address);
			t.not(exitCode, 0, address);
		}

		t.is(visits, 0);
		// The listener would have answered: from the host it does.
		const answer = await fetch(`http://127.0.0.1:${port}/`);
		t.is(await answer.text(), 'secret of the host\n');
	} finally {
		listener.close();
	}
});

test.serial(
	'a shell goes on while the provider is killed, and the next provider finds the VM again',
	async t => {
		const vmId = await idOf('web');
		const pid = await vmProcess(vmId);
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
		t.deepEqual(await providerVms(), [[vmId, 'running']]);
		t.is(await vmProcess(vmId), pid, 'it is the same VM');
		const stopped = await network.requestor.golem(['vm', 'stop', 'web', '--json'], {timeoutMs: 90_000});
		t.is(stopped.json?.status, 'stopped', stopped.stderr);
		const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
		t.is(started.json?.status, 'running', started.stderr);
	},
);

test.serial('a supervisor that is killed is replaced by one that takes the same VM over', async t => {
	const before = await exeUnitStatus();
	await killProcess(before.pid);
	const after = await eventually(
		'another supervisor says that the VM runs',
		async () => {
			const status = await exeUnitStatus().catch(() => undefined);
			return status?.vm_pid && status.pid !== before.pid && status.status === 'running' ? status : undefined;
		},
		10_000,
	);
	t.is(after.vm_pid, before.vm_pid);
	t.deepEqual(after.ssh_host_keys, before.ssh_host_keys);
	t.is((await onWeb('cat', '/home/ubuntu/note')).stdout, 'kept\n');
	t.deepEqual(await providerVms(), [[await idOf('web'), 'running']]);
});

test.serial('a QEMU that is killed leaves an error within five seconds, and all it held is free', async t => {
	const {access} = await rentalOf('web');
	const vmId = await idOf('web');
	const pid = await vmProcess(vmId);
	t.deepEqual((await resources()).available, {cpu: 6, memory: 15, storage: 190});
	await killProcess(pid ?? 0);
	await eventually(
		'the VM is in error',
		async () => whenTrue((await providerVms())[0]?.[1] === 'error'),
		5000,
	);

	await eventually('everything is free', async () =>
		whenTrue((await resources()).available.cpu === offered.cpu),
	);
	t.deepEqual((await resources()).available, offered);
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
	t.deepEqual(await providerVms(), []);
	t.deepEqual(await vmFolders(), []);
	t.deepEqual(await vmProcesses(), []);
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
			await eventually('there is a folder', async () => whenTrue((await vmFolders()).length > 0));
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

/** Clears away what a test before this one has left when it failed. */
async function destroyAll(): Promise<void> {
	for (const [name] of await withRentals(rentals => rentals.entries())) {
		await network.requestor.golem(['vm', 'destroy', name, '--yes', '--json']);
	}
}

async function isWholeOrNothing(t: ExecutionContext, name: string): Promise<void> {
	const known = await providerVms();
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
			const [[, status] = []] = await providerVms();
			if (status === 'error') {
				throw new Error('The VM is in error.');
			}

			return whenTrue(status === 'running');
		},
		90_000,
	);
	// A creation whose answer was never heard is finished by asking again.
	const rental = await rentalOf(name);
	if (rental.vm_id === null) {
		const again = await network.requestor.golem(['vm', 'create', name, '--json'], {timeoutMs: 90_000});
		t.is(again.exitCode, 0, again.stdout);
	}

	t.deepEqual(await providerVms(), [[String((await rentalOf(name)).vm_id), 'running']]);
	const {stdout, stderr} = await network.requestor.golem(['vm', 'ssh', name, '--', 'hostname']);
	t.is(stdout, `${name}\n`, stderr);
	t.is((await vmProcesses()).filter(({commandLine}) => commandLine.includes('qemu-system')).length, 1);
}

async function isNothing(t: ExecutionContext): Promise<void> {
	t.deepEqual(await providerVms(), []);
	t.deepEqual(await vmFolders(), []);
	t.deepEqual((await resources()).available, offered);
	t.deepEqual(
		await eventually('no process of a VM is left', async () => {
			const left = await vmProcesses();
			return left.length === 0 ? left : undefined;
		}),
		[],
	);
	const sockets = await fs.readdir(path.join(network.provider.paths.run, 'vm'));
	t.deepEqual(sockets, []);
}

const api = () => ({url: `http://127.0.0.1:${network.provider.port}`});

function vmRoutes(vmId: string, jobId: string): Array<readonly [method: string, route: string]> {
	const vm = `/api/v1/vms/${vmId}`;
	return [
		['GET', vm],
		['DELETE', vm],
		['POST', `${vm}/start`],
		['POST', `${vm}/stop`],
		['GET', `${vm}/access`],
		['GET', `${vm}/events`],
		['GET', `/api/v1/vms/jobs/${jobId}`],
	];
}

/** Signed by mallory, whoever the headers say. */
async function signedRequest(
	method: string,
	route: string,
	headers: Record<string, string> = {},
): Promise<Answer> {
	const signature = signRequest(mallory, 'Requestor', {
		method,
		path: route,
		audience: network.provider.id,
		timestamp: new Date().toISOString(),
		body: '',
	});
	const answer = await send(api(), {method, path: route, headers: {...signature, ...headers}});
	if (answer.status >= 400) {
		errorBodySchema.parse(answer.json);
	}

	return answer;
}

async function withRentals<Result>(
	run: (rentals: Awaited<ReturnType<typeof openRentals>>) => Promise<Result>,
): Promise<Result> {
	const rentals = await openRentals(network.requestor.paths.rentals);
	try {
		return await run(rentals);
	} finally {
		await rentals.close();
	}
}

async function rentalOf(name: string): Promise<Rental> {
	const rental = await withRentals(rentals => rentals.get(name));
	if (!rental) {
		throw new Error(`There is no rental ${name}.`);
	}

	return rental;
}

const rewriteRental = (rental: Rental) => withRentals(rentals => rentals.set(rental.name, rental));

const idOf = async (name: string) => String((await rentalOf(name)).vm_id);

const control = <Value>(route: string): Promise<Value> =>
	send({socket: network.provider.paths.daemonSocket('provider')}, {path: route}).then(({json}) => json);

async function providerVms(): Promise<Array<[id: string, status: string]>> {
	const vms = await control<Array<{id: string; status: string}>>('/v1/vms');
	return vms.map(({id, status}) => [id, status]);
}

const resources = () => control<{available: typeof offered}>('/v1/resources');

const vmFolders = () => fs.readdir(network.provider.paths.providerVms);

/** Supervisors and QEMUs of this network. */
async function vmProcesses() {
	return (await processesOf(network.folder)).filter(({commandLine}) =>
		/exe-unit|qemu-system/.test(commandLine),
	);
}

async function vmProcess(vmId: string): Promise<number | undefined> {
	const pid = Number(await readFileIfThere(path.join(network.provider.paths.providerVms, vmId, 'qemu.pid')));
	return pid && (await isProcessAlive(pid, vmId)) ? pid : undefined;
}

/** What the one supervisor says. */
async function exeUnitStatus(): Promise<ExeUnitStatus> {
	const folder = path.join(network.provider.paths.run, 'vm');
	const [socket = ''] = (await fs.readdir(folder)).filter(file => file.endsWith('.sock'));
	const client = createHttpClient({target: {socket: path.join(folder, socket)}, name: 'the exe-unit'});
	return client.send('GET', '/v1/status', exeUnitStatusSchema, {timeoutMs: 2000});
}

/** @returns the private key's file */
async function createKey(name: string): Promise<string> {
	const file = path.join(network.folder, name);
	const child = spawn('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file], {stdio: 'ignore'});
	await once(child, 'close');
	return file;
}

async function readPublicKey(privateKeyFile: string): Promise<string> {
	const [type, key] = (await fs.readFile(`${privateKeyFile}.pub`, 'utf8')).split(' ');
	return `${type} ${key}`;
}
