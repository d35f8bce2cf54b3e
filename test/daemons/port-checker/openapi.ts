import test from 'ava';
import {startDaemon} from '../../support/daemon.js';
import {postJson, send} from '../../support/http.js';
import {readDocument} from '../host/_openapi.js';
import {challenge, saySilence, startPeer, talkAsGolem} from './_peers.js';

const quick = {PORT_CHECK_RETRIES: '1', PORT_CHECK_TIMEOUT: '2'};

test('what a port checker answers is what its document says', async t => {
	const {url} = await startDaemon(t, 'port-checker', {
		environment: {...quick, PORT_CHECKER_RATE_LIMIT_PER_MINUTE: '5'},
	});
	const {ask, document} = await readDocument(t, {url});
	t.deepEqual(Object.keys(document.paths), ['/check-ports', '/health', '/metrics', '/api/v1/openapi.json']);
	const check = (body: unknown) =>
		ask('/check-ports', {
			method: 'POST',
			path: '/check-ports',
			headers: {'Content-Type': 'application/json'},
			body: JSON.stringify(body),
		});
	const ports = [Number(new URL(url).port)];
	t.true((await check({provider_ip: '127.0.0.1', ports})).json.success);
	t.is((await check({provider_ip: '10.0.0.1', ports})).json.code, 'PORT_001');
	t.is((await check({provider_ip: '8.8.8.8', ports})).json.code, 'PORT_004');
	t.is((await check({provider_ip: '127.0.0.1', ports: []})).json.code, 'REQ_001');
	t.is((await check('x'.repeat(70_000))).json.code, 'REQ_002');
	t.is((await check({provider_ip: '127.0.0.1', ports})).json.code, 'RATE_001');
	t.deepEqual(Object.keys(document.paths['/check-ports'].post.responses), [
		...['200', '400', '403', '413', '415', '429', '500', '503'],
	]);
	t.is((await ask('/health', {path: '/health'})).status, 200);
	t.is((await ask('/metrics', {path: '/metrics'})).status, 200);
	t.is((await ask('/api/v1/openapi.json', {path: '/api/v1/openapi.json'})).status, 200);
});

test('answers with a challenge are as documented too', async t => {
	const {url} = await startDaemon(t, 'port-checker', {environment: quick});
	const {ask} = await readDocument(t, {url});
	const [golem, ssh, silent] = [
		await startPeer(t, talkAsGolem),
		await startPeer(t, socket => socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
		await startPeer(t, saySilence),
	];
	const ports = [golem.port, ssh.port, silent.port];
	const check = (body: unknown) =>
		ask('/check-ports', {
			method: 'POST',
			path: '/check-ports',
			headers: {'Content-Type': 'application/json'},
			body: JSON.stringify(body),
		});
	t.true((await check({provider_ip: '127.0.0.1', ports, challenge})).json.success);
	for (const bad of [{challenge: 'abc'}, {challenge: challenge.toUpperCase()}, {challenge, api_port: 0}]) {
		t.is((await check({provider_ip: '127.0.0.1', ports, ...bad})).json.code, 'REQ_001', JSON.stringify(bad));
	}
});

test('the metrics tell of checks, ports, proofs, refusals, sockets and time', async t => {
	const {url} = await startDaemon(t, 'port-checker', {
		environment: {...quick, PORT_CHECKER_RATE_LIMIT_PER_MINUTE: '3'},
	});
	const golem = await startPeer(t, talkAsGolem);
	const check = (body: object) =>
		postJson({url}, '/check-ports', {provider_ip: '127.0.0.1', ports: [golem.port, 1], ...body});
	await check({challenge});
	await check({provider_ip: '10.0.0.1'});
	await check({provider_ip: '8.8.8.8'});
	await check({});
	const {text} = await send({url}, {path: '/metrics'});
	const lines = text.split('\n').filter(line => line.startsWith('golem_port_checker_'));
	t.deepEqual(
		lines.map(line => line.replace(/(check_seconds_total) 0\.\d+$/, '$1 0.x')),
		[
			'golem_port_checker_checks_total 1',
			'golem_port_checker_check_seconds_total 0.x',
			'golem_port_checker_ports_tried_total 2',
			'golem_port_checker_ports_open_total 1',
			'golem_port_checker_ports_verified_total 1',
			'golem_port_checker_checks_refused_total{code="PORT_001"} 1',
			'golem_port_checker_checks_refused_total{code="PORT_004"} 1',
			'golem_port_checker_checks_refused_total{code="RATE_001"} 1',
			'golem_port_checker_checks_refused_total{code="SRV_002"} 0',
			'golem_port_checker_sockets_open 0',
		],
	);
});

test('behind a trusted proxy the caller is the one that the proxy names', async t => {
	const {url} = await startDaemon(t, 'port-checker', {
		environment: {...quick, GOLEM_PORT_CHECKER_TRUSTED_PROXIES: '["127.0.0.1"]'},
	});
	const {json} = await send({url}, {path: '/health', headers: {'X-Forwarded-For': '203.0.113.9'}});
	t.is(json.your_address, '203.0.113.9');
});
