import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {Driver, RunningVm, VmEnd} from '../../../daemons/exe-unit/driver.js';
import {createMeter} from '../../../daemons/exe-unit/meter.js';
import {createSupervisor, type Supervisor} from '../../../daemons/exe-unit/supervisor.js';
import {openUsageRecord} from '../../../daemons/exe-unit/usage-record.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import type {VmStatus} from '../../../source/protocol/vm.js';
import {createTestLog} from '../../support/log.js';
import {canListen, freePort} from '../../support/ports.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../support/waiting.js';

/*
The driver is a stand-in: its VMs are servers that greet as SSH does, and end when a test says so. Real VMs are in
test/e2e/rental.ts.
*/
type FakeVm = RunningVm & {
	/** It ends, as if by itself. */
	end(end: VmEnd): void;
	stops: string[];
	/** Keys it was told of while it ran. */
	keys: string[];
};

async function createVm(
	t: ExecutionContext,
	{
		pid,
		greeting = 'SSH-2.0-test\r\n',
		isReady = true,
		isListening = () => true,
	}: {pid: number; greeting?: string; isReady?: boolean; isListening?: () => boolean},
): Promise<FakeVm> {
	const server = net.createServer(socket => {
		socket.on('error', () => {});
		if (isListening()) {
			socket.write(greeting);
		} else {
			// As QEMU does for a guest whose SSH server is not there yet.
			socket.resetAndDestroy();
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	let end: (end: VmEnd) => void = () => {};
	const ended = new Promise<VmEnd>(resolve => {
		end = resolve;
	});
	const stops: string[] = [];
	const keys: string[] = [];
	return {
		pid,
		stops,
		keys,
		async addSshKeys(added) {
			keys.push(...added);
		},
		ssh: {host: '127.0.0.1', port: (server.address() as AddressInfo).port},
		guestReady: isReady ? Promise.resolve() : new Promise(() => {}),
		ended,
		end,
		measure: async () => ({source: `vm ${pid}`, counters: {}, memoryBytes: 0}),
		consoleLog: () => ['last words'],
		async stop() {
			stops.push('stop');
			end({asked: true, reason: 'turned off'});
			await ended;
		},
		async kill() {
			stops.push('kill');
			end({asked: true, reason: 'killed'});
			await ended;
		},
	};
}

type Setup = {
	supervisor: Supervisor;
	port: number;
	vms: FakeVm[];
	seen: string[];
	driver: Driver;
	entries: Array<Record<string, unknown>>;
};

async function supervise(
	t: ExecutionContext,
	{
		lastStatus = 'creating',
		driver: change = {},
		vm = {},
		port,
		portPatienceMs = 5000,
	}: {
		lastStatus?: VmStatus;
		driver?: Partial<Driver>;
		vm?: {greeting?: string; isReady?: boolean; isListening?: () => boolean};
		port?: number;
		portPatienceMs?: number;
	} = {},
): Promise<Setup> {
	const vms: FakeVm[] = [];
	const proxyPort = port ?? (await freePort());
	const driver: Driver = {
		accelerator: 'none',
		network: () => 'none',
		async prepare() {},
		async start() {
			const started = await createVm(t, {pid: 1000 + vms.length, ...vm});
			vms.push(started);
			return started;
		},
		adopt: async () => undefined,
		storageBytes: async () => 0,
		...change,
	};
	const {log, entries} = createTestLog();
	const meter = createMeter({
		record: await openUsageRecord(path.join(await temporaryFolder(t), 'usage.json'), log),
		cores: 1,
		storageBytes: driver.storageBytes,
	});
	const supervisor = createSupervisor({
		spec: {
			vm_id: 'golem-web',
			name: 'web',
			resources: {cpu: 1, memory: 1, storage: 10},
			image_folder: '/images/micro',
			ssh_keys: [],
			proxy: {host: '127.0.0.1', port: proxyPort},
			driver: 'qemu',
		},
		driver,
		sshHostKeys: ['ssh-ed25519 AAAA'],
		lastStatus,
		meter,
		log,
		portPatienceMs,
	});
	const seen: string[] = [];
	const ending = new AbortController();
	t.teardown(async () => {
		ending.abort();
		await supervisor.destroy();
		await meter.close();
	});
	void (async () => {
		for await (const {status, stage} of supervisor.status.follow(ending.signal)) {
			const now = stage ? `${status}: ${stage.name}` : status;
			if (seen.at(-1) !== now) {
				seen.push(now);
			}
		}
	})();
	return {supervisor, port: proxyPort, vms, seen, driver, entries};
}

const statusOf = ({supervisor}: Setup) => supervisor.refresh().status;

/** What greets behind the VM's public port; empty where the connection is closed at once. */
async function greetingAt(port: number): Promise<string> {
	const socket = net.connect(port, '127.0.0.1');
	socket.setTimeout(3000, () => socket.destroy());
	const [data] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]).catch(
		() => [''],
	);
	socket.destroy();
	return String(data);
}

test('a VM comes up step by step, and can be reached by its port', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	t.is(statusOf(setup), 'running');
	t.is(setup.supervisor.refresh().vm_pid, 1000);
	t.is(await greetingAt(setup.port), 'SSH-2.0-test\r\n');
	t.is(setup.supervisor.refresh().proxy.total_connections, 1);
	await eventually('the end was seen', () => whenTrue(setup.seen.at(-1) === 'running'));
});

test('it is stopped politely, keeps its port, lets nobody in, and comes up again', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	await setup.supervisor.stop();
	t.is(statusOf(setup), 'stopped');
	t.is(setup.supervisor.refresh().vm_pid, null);
	t.deepEqual(setup.vms[0]?.stops, ['stop']);
	t.is(await greetingAt(setup.port), '');
	t.false(await canListen(setup.port), 'its port is kept for it');

	await setup.supervisor.start();
	t.is(statusOf(setup), 'running');
	t.is(setup.supervisor.refresh().vm_pid, 1001);
	t.is(await greetingAt(setup.port), 'SSH-2.0-test\r\n');
});

test('whoever comes while the VM boots is kept waiting, and greeted by the guest once that listens', async t => {
	let isListening = false;
	const setup = await supervise(t, {vm: {isListening: () => isListening}});
	const begun = setup.supervisor.begin();
	await eventually('it boots', () => setup.vms[0]);
	const greeting = greetingAt(setup.port);
	await eventually('the client waits', () =>
		whenTrue(setup.supervisor.refresh().proxy.waiting_connections === 1),
	);
	isListening = true;
	t.is(await greeting, 'SSH-2.0-test\r\n');
	await begun;
	t.is(statusOf(setup), 'running');
});

test('who waits for a VM that fails to boot is sent away', async t => {
	const setup = await supervise(t, {vm: {isReady: false}});
	const begun = setup.supervisor.begin();
	const vm = await eventually('it boots', () => setup.vms[0]);
	const greeting = greetingAt(setup.port);
	await eventually('the client waits', () =>
		whenTrue(setup.supervisor.refresh().proxy.waiting_connections === 1),
	);
	vm.end({asked: false, reason: 'the disk cannot be mounted'});
	t.is(await greeting, '');
	await begun;
	t.is(statusOf(setup), 'error');
});

test('an open connection ends with the VM', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	const socket = net.connect(setup.port, '127.0.0.1').on('error', () => {});
	t.teardown(() => socket.destroy());
	await once(socket, 'data');
	const closed = once(socket, 'close');
	await setup.supervisor.stop();
	await closed;
	await eventually('none is open', () => whenTrue(setup.supervisor.refresh().proxy.open_connections === 0));
	t.is(statusOf(setup), 'stopped');
});

test('what is not possible in a state is refused with that state', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	const error = await t.throwsAsync(setup.supervisor.start(), {instanceOf: ApiError, code: 'VM_004'});
	t.deepEqual(error?.details, {status: 'running'});
	await setup.supervisor.stop();
	await t.notThrowsAsync(setup.supervisor.stop(), 'a stopped one stays so');
	t.is(setup.vms[0]?.stops.length, 1);
});

test('a stop and a start that come at the same time are done one after the other', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	await Promise.all([setup.supervisor.stop(), setup.supervisor.start()]);
	t.is(statusOf(setup), 'running');
	t.is(setup.vms.length, 2);
});

test('a guest that turns itself off is stopped, which is no failure', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	setup.vms[0]?.end({asked: true, reason: 'turned off'});
	await eventually('it is stopped', () => whenTrue(statusOf(setup) === 'stopped'));
	t.is(setup.supervisor.refresh().error, null);
	t.is(await greetingAt(setup.port), '');
	await setup.supervisor.start();
	t.is(statusOf(setup), 'running');
});

test('a VM that ends unasked has failed: its reason and the guest’s last words are told, its port is free', async t => {
	const setup = await supervise(t);
	await setup.supervisor.begin();
	setup.vms[0]?.end({asked: false, reason: 'killed by SIGKILL'});
	await eventually('it has failed', () => whenTrue(statusOf(setup) === 'error'));
	const {error, vm_pid} = setup.supervisor.refresh();
	t.is(error?.code, 'VM_001');
	t.regex(error?.message ?? '', /killed by SIGKILL/);
	t.deepEqual(error?.log, ['last words']);
	t.is(vm_pid, null);
	t.true(await canListen(setup.port));
});

test('a disk that cannot be made is a failure of ours, at the stage where it happened', async t => {
	const setup = await supervise(t, {
		driver: {
			async prepare() {
				throw new Error('no space left on device');
			},
		},
	});
	await setup.supervisor.begin();
	const {status, error} = setup.supervisor.refresh();
	t.is(status, 'error');
	t.regex(error?.message ?? '', /\(at: prepare\)/);
	t.notRegex(error?.message ?? '', /no space left/, 'the tenant is not told about the host');
	t.true(await canListen(setup.port));
});

test('a hypervisor that does not start is told with its own last lines', async t => {
	const setup = await supervise(t, {
		driver: {
			async start() {
				throw new ApiError('VM_001', 'QEMU ended while starting.', {details: {log: ['no such accelerator']}});
			},
		},
	});
	await setup.supervisor.begin();
	const {status, error} = setup.supervisor.refresh();
	t.is(status, 'error');
	t.deepEqual(error?.log, ['no such accelerator']);
	t.regex(error?.message ?? '', /QEMU ended while starting\. \(at: boot\)/);
});

test('a VM that ends while it boots is a failure at once, not after the time for booting', async t => {
	const setup = await supervise(t, {vm: {isReady: false}});
	const begun = setup.supervisor.begin();
	const vm = await eventually('it boots', () => setup.vms[0]);
	vm.end({asked: false, reason: 'the disk cannot be mounted'});
	await begun;
	const {status, error} = setup.supervisor.refresh();
	t.is(status, 'error');
	t.regex(error?.message ?? '', /ended while it was starting: the disk cannot be mounted/);
	t.deepEqual(error?.log, ['last words']);
});

test('a port that somebody else has fails the VM before it is started', async t => {
	const port = await freePort();
	const other = net.createServer().listen(port, '127.0.0.1');
	await once(other, 'listening');
	t.teardown(() => other.close());
	const setup = await supervise(t, {port, portPatienceMs: 0});
	await setup.supervisor.begin();
	t.is(setup.supervisor.refresh().error?.code, 'NET_003');
	t.deepEqual(setup.vms, []);
});

test('a port that somebody else has for a moment costs that moment', async t => {
	const port = await freePort();
	const other = net.createServer().listen(port, '127.0.0.1');
	await once(other, 'listening');
	const running = await createVm(t, {pid: 7});
	const setup = await supervise(t, {port, lastStatus: 'running', driver: {adopt: async () => running}});
	const begun = setup.supervisor.begin();
	await eventually('it was tried', () =>
		whenTrue(setup.entries.some(({msg}) => String(msg).includes('the SSH port is not free'))),
	);
	other.close();
	await begun;
	t.is(statusOf(setup), 'running');
	t.deepEqual(running.stops, []);
});

test('what greets as something else than SSH is not taken for the guest', async t => {
	const setup = await supervise(t, {vm: {greeting: 'HTTP/1.1 400 Bad Request\r\n'}});
	const begun = setup.supervisor.begin();
	await eventually('it waits for SSH', () => whenTrue(setup.supervisor.refresh().stage?.name === 'network'));
	t.is(statusOf(setup), 'creating');
	await setup.supervisor.destroy();
	await begun;
	t.is(statusOf(setup), 'deleted');
});

test('a VM that is destroyed while it boots is ended at once', async t => {
	const setup = await supervise(t, {vm: {isReady: false}});
	const begun = setup.supervisor.begin();
	await eventually('it boots', () => setup.vms[0]);
	const startedAt = performance.now();
	await setup.supervisor.destroy();
	await begun;
	t.true(performance.now() - startedAt < 2000);
	t.is(statusOf(setup), 'deleted');
	t.true(setup.vms[0]?.stops.includes('kill'));
	t.true(await canListen(setup.port));
});

test('a VM that an earlier supervisor left running is taken over as it is', async t => {
	const vm = await createVm(t, {pid: 77});
	const setup = await supervise(t, {lastStatus: 'running', driver: {adopt: async () => vm}});
	await setup.supervisor.begin();
	t.is(statusOf(setup), 'running');
	t.is(setup.supervisor.refresh().vm_pid, 77);
	t.deepEqual(setup.vms, [], 'no other was started');
	t.is(await greetingAt(setup.port), 'SSH-2.0-test\r\n');
	t.false(
		setup.seen.some(state => state.startsWith('creating')),
		'it was never anything else',
	);
});

for (const [lastStatus, expected] of [
	['stopped', 'stopped'],
	['stopping', 'stopped'],
	['running', 'running'],
	['starting', 'running'],
	['creating', 'running'],
] as const) {
	test(`a VM that was ${lastStatus} when its supervisor and it were lost is ${expected} again`, async t => {
		const setup = await supervise(t, {lastStatus});
		await setup.supervisor.begin();
		t.is(statusOf(setup), expected);
		t.is(setup.vms.length, expected === 'running' ? 1 : 0);
		t.false(await canListen(setup.port));
	});
}
