import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {portCheckResultSchema} from '../../../source/protocol/port-check.js';
import {spawnDaemon, startDaemon} from '../../support/daemon.js';
import {postJson, send} from '../../support/http.js';

const quick = {PORT_CHECK_RETRIES: '1', PORT_CHECK_TIMEOUT: '2'};

async function listen(t: ExecutionContext): Promise<{port: number; connections: () => number}> {
	let connections = 0;
	const server = net.createServer(socket => {
		connections += 1;
		socket.on('error', () => {});
		socket.destroy();
	});
	t.teardown(() => server.close());
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {port: (server.address() as AddressInfo).port, connections: () => connections};
}

/** A port nobody listens on: held by a connection's own end, so that nobody else gets it in the meantime. */
async function closedPort(t: ExecutionContext): Promise<number> {
	const {port} = await listen(t);
	const socket = net.connect(port, '127.0.0.1');
	await once(socket, 'connect');
	const own = socket.localPort ?? 0;
	t.teardown(() => socket.destroy());
	return own;
}

test('open and closed ports of the caller are told apart, each under its number', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: quick});
	const [first, second, closed] = [await listen(t), await listen(t), await closedPort(t)];
	const answer = await postJson({url: checker.url}, '/check-ports', {
		provider_ip: '127.0.0.1',
		ports: [first.port, closed, second.port],
	});
	t.is(answer.status, 200, answer.text);
	t.deepEqual(answer.json, {
		success: true,
		results: {
			[first.port]: {accessible: true, error: null},
			[second.port]: {accessible: true, error: null},
			[closed]: {accessible: false, error: 'Connection refused'},
		},
		message: 'Successfully verified 2 out of 3 ports',
	});
	t.notThrows(() => portCheckResultSchema.parse(answer.json));
});

test('with no port open there is no success', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: quick});
	const closed = await closedPort(t);
	const {json} = await postJson({url: checker.url}, '/check-ports', {
		provider_ip: '127.0.0.1',
		ports: [closed],
	});
	t.like(json, {success: false, message: 'Successfully verified 0 out of 1 ports'});
});

test('a port named twice is tried and counted once', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: quick});
	const {port, connections} = await listen(t);
	const {json} = await postJson({url: checker.url}, '/check-ports', {
		provider_ip: '127.0.0.1',
		ports: [port, port, port],
	});
	t.is(json.message, 'Successfully verified 1 out of 1 ports');
	t.is(connections(), 1);
	t.like(await checker.control.status(), {checks: 1, ports_checked: 1, ports_open: 1});
});

test('addresses that are not the caller’s are refused, and nothing is connected to', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: quick});
	const check = async (provider_ip: string) =>
		postJson({url: checker.url}, '/check-ports', {provider_ip, ports: [80]});
	for (const address of [
		'10.0.0.1',
		'::ffff:10.0.0.1',
		'192.168.0.1',
		'169.254.169.254',
		'0.0.0.0',
		'fe80::1',
	]) {
		const answer = await check(address);
		t.is(answer.status, 400, address);
		t.is(answer.json.code, 'PORT_001', address);
	}

	const others = await check('8.8.8.8');
	t.is(others.status, 403);
	t.is(others.json.code, 'PORT_004');
	t.like(await checker.control.status(), {checks: 0, ports_checked: 0});
});

test('1024 ports may be asked for, not one more; nor none, nor what is no port', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: quick});
	const check = async (ports: unknown) =>
		postJson({url: checker.url}, '/check-ports', {provider_ip: '127.0.0.1', ports});
	const many = Array.from({length: 1025}, (_, index) => 20_000 + index);
	const all = await check(many.slice(0, 1024));
	t.is(all.status, 200);
	t.is(Object.keys(all.json.results).length, 1024);
	for (const bad of [many, [], [0], [65_536], [1.5], ['80'], 'all']) {
		const answer = await check(bad);
		t.is(answer.status, 400);
		t.is(answer.json.code, 'REQ_001', JSON.stringify(bad).slice(0, 40));
	}
});

test('health says ok, and what the caller’s address looks like from here', async t => {
	const checker = await startDaemon(t, 'port-checker');
	const answer = await send({url: checker.url}, {path: '/health'});
	t.is(answer.status, 200);
	t.like(answer.json, {status: 'ok', your_address: '127.0.0.1'});
});

test('bad settings are named', async t => {
	const checker = await spawnDaemon(t, 'port-checker', {
		environment: {PORT_CHECK_RETRIES: '0', GOLEM_PORT_CHECK_TIMEOUT: 'soon', PORT_CHECKER_PORT: 'http'},
	});
	t.deepEqual(await checker.ended, {code: exitCodes.usage, signal: null});
	for (const told of ['PORT_CHECK_RETRIES=0', 'PORT_CHECK_TIMEOUT=soon', 'PORT_CHECKER_PORT=http']) {
		t.true(checker.stderr().includes(told), told);
	}
});
