import fs from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {exitCodes} from '../../../source/platform/golem-error.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {portCheckResultSchema} from '../../../source/protocol/port-check.js';
import {spawnDaemon, startDaemon} from '../../support/daemon.js';
import {postJson, send} from '../../support/http.js';
import {closedPort, startPeer} from './_peers.js';

const quick = {PORT_CHECK_RETRIES: '1', PORT_CHECK_TIMEOUT: '2'};

const listen = (t: ExecutionContext) => startPeer(t, socket => socket.destroy());

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

test('on a checker that listens for IPv6 too, callers by IPv4 may have their address checked', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: {...quick, PORT_CHECKER_HOST: '::'}});
	const {port} = await listen(t);
	const url = `http://127.0.0.1:${new URL(checker.url).port}`;
	for (const provider_ip of ['127.0.0.1', '::ffff:127.0.0.1']) {
		const {json} = await postJson({url}, '/check-ports', {provider_ip, ports: [port]});
		t.true(json.success, JSON.stringify(json));
	}

	t.is((await send({url}, {path: '/health'})).json.your_address, '127.0.0.1');
});

test('through a proxy that nobody has named, this machine’s own ports are not tried', async t => {
	const checker = await startDaemon(t, 'port-checker', {environment: quick});
	const {port, connections} = await listen(t);
	const body = {provider_ip: '127.0.0.1', ports: [port]};
	const headers = {'X-Forwarded-For': '203.0.113.9'};
	const {status, json} = await postJson({url: checker.url}, '/check-ports', body, headers);
	t.is(status, 400);
	t.is(json.code, 'PORT_001');
	t.true(json.details.hint.includes('PORT_CHECKER_TRUSTED_PROXIES'));
	t.is(connections(), 0);
});

test('findings are logged where that is asked for, and only there', async t => {
	for (const [environment, isLogged] of [
		[{GOLEM_PORT_CHECKER_DEBUG: 'true'}, true],
		[{}, false],
	] as const) {
		const checker = await startDaemon(t, 'port-checker', {environment: {...quick, ...environment}});
		const closed = await closedPort(t);
		await postJson({url: checker.url}, '/check-ports', {provider_ip: '127.0.0.1', ports: [closed]});
		const text = await fs.readFile(golemPaths(checker.home).daemonLog('port-checker'), 'utf8');
		const line = text.split('\n').find(each => each.includes('ports checked'));
		t.is(line?.includes('Connection refused'), isLogged, line);
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
		environment: {
			PORT_CHECK_RETRIES: '0',
			GOLEM_PORT_CHECK_TIMEOUT: 'soon',
			PORT_CHECKER_PORT: 'http',
			PORT_CHECKER_ALLOW: 'me',
		},
	});
	t.deepEqual(await checker.ended, {code: exitCodes.usage, signal: null});
	for (const told of [
		'PORT_CHECK_RETRIES=0',
		'PORT_CHECK_TIMEOUT=soon',
		'PORT_CHECKER_PORT=http',
		'PORT_CHECKER_ALLOW=me',
	]) {
		t.true(checker.stderr().includes(told), told);
	}
});
