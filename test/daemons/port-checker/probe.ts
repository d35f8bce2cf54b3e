import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {type ProbeOptions, probePorts} from '../../../daemons/port-checker/probe.js';
import {portErrors} from '../../../source/protocol/port-check.js';

const options: ProbeOptions = {
	retries: 1,
	retryDelayMs: 0,
	timeoutMs: 2000,
	totalTimeoutMs: 10_000,
	concurrency: 256,
};

async function listen(t: ExecutionContext, port = 0): Promise<number> {
	const server = net.createServer(socket => {
		socket.on('error', () => {});
		socket.destroy();
	});
	t.teardown(() => server.close());
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}

test('an open port has no error, a closed one is refused', async t => {
	const [open, closed] = [await listen(t), await freePort()];
	const results = await probePorts('127.0.0.1', [open, closed], options);
	t.deepEqual(
		[...results],
		[
			[open, null],
			[closed, 'Connection refused'],
		],
	);
});

test('a port that opens while it is tried again is open', async t => {
	const port = await freePort();
	const probing = probePorts('127.0.0.1', [port], {...options, retries: 10, retryDelayMs: 50});
	await listen(t, port);
	t.is((await probing).get(port), null);
});

test('whatever the network says, the answer is one of a fixed set', async t => {
	for (const address of ['100::1', '255.255.255.255']) {
		const results = await probePorts(address, [80], {...options, timeoutMs: 200});
		t.true(
			portErrors.some(error => error === results.get(80)),
			`${address}: ${results.get(80)}`,
		);
	}
});

test('the whole takes no longer than its time, whatever the ports do', async t => {
	const port = await freePort();
	const before = performance.now();
	const results = await probePorts('127.0.0.1', [port], {
		...options,
		retries: 1000,
		retryDelayMs: 10_000,
		totalTimeoutMs: 200,
	});
	t.true(performance.now() - before < 2000);
	t.is(typeof results.get(port), 'string');
});

test('no more ports are tried at once than allowed; what is not decided when time is up counts as timed out', async t => {
	const connections: number[] = [];
	const server = net.createServer(socket => {
		connections.push(socket.localPort ?? 0);
		socket.on('error', () => {});
		socket.destroy();
	});
	t.teardown(() => server.close());
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port: open} = server.address() as AddressInfo;
	const closed = await freePort();
	const patient = {...options, retries: 2, retryDelayMs: 60_000, totalTimeoutMs: 300};

	const oneByOne = await probePorts('127.0.0.1', [closed, open], {...patient, concurrency: 1});
	t.is(oneByOne.get(open), 'Connection timed out');
	t.deepEqual(connections, []);

	const together = await probePorts('127.0.0.1', [closed, open], {...patient, concurrency: 2});
	t.is(together.get(open), null);
	t.deepEqual(connections, [open]);
});
