import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net, {type AddressInfo} from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';
import {GolemError} from '../../source/platform/golem-error.js';
import {errorBodySchema} from '../../source/protocol/error-codes.js';
import {signRequest} from '../../source/protocol/signed-request.js';
import type {Rental} from '../../source/requestor/rentals.js';
import {type Answer, send} from '../support/http.js';
import {mallory} from '../support/identities.js';
import {inspect} from '../support/inspection.js';
import {type Network, startNetwork} from '../support/network.js';

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

const on = () => inspect(network);
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
	t.is(await on().vmProcess(await on().idOf('web')), undefined);

	const refused = await onWeb('true');
	t.is(refused.exitCode, 255, 'there is nothing to log in to');

	const started = await network.requestor.golem(['vm', 'start', 'web', '--json'], {timeoutMs: 90_000});
	t.is(started.json?.status, 'running', started.stderr);
	t.is((await onWeb('cat', '/home/ubuntu/note')).stdout, 'kept\n');
});

test.serial('a key that was not given when the VM was rented opens nothing', async t => {
	const key = await createKey('stranger');
	const {access} = await on().rentalOf('web');
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
	const rental = await on().rentalOf('web');
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

		const shell = await network.requestor.golem(['vm', 'ssh', 'web', '--json', '--', 'true']);
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
	const {vm_id, job_id} = await on().rentalOf('web');
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
	const {vm_id, job_id} = await on().rentalOf('web');
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

const rewriteRental = (rental: Rental) => on().withRentals(rentals => rentals.set(rental.name, rental));

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
		['GET', `${vm}/usage`],
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
