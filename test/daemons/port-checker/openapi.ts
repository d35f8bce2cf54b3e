import test from 'ava';
import {startDaemon} from '../../support/daemon.js';
import {send} from '../../support/http.js';
import {readDocument} from '../host/_openapi.js';

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
	t.is((await ask('/health', {path: '/health'})).status, 200);
	t.is((await ask('/metrics', {path: '/metrics'})).status, 200);
	t.is((await ask('/api/v1/openapi.json', {path: '/api/v1/openapi.json'})).status, 200);
});

test('the metrics count checks, the ports that were tried and those that were open', async t => {
	const {url} = await startDaemon(t, 'port-checker', {environment: quick});
	const ports = [Number(new URL(url).port), 1];
	await send(
		{url},
		{
			method: 'POST',
			path: '/check-ports',
			headers: {'Content-Type': 'application/json'},
			body: JSON.stringify({provider_ip: '127.0.0.1', ports}),
		},
	);
	const {text} = await send({url}, {path: '/metrics'});
	t.deepEqual(
		text.split('\n').filter(line => line.startsWith('golem_port_checker_')),
		[
			'golem_port_checker_checks_total 1',
			'golem_port_checker_ports_tried_total 2',
			'golem_port_checker_ports_open_total 1',
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
