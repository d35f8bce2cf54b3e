import net from 'node:net';
import test from 'ava';
import * as z from 'zod';
import {createRateLimit, limitByAddress} from '../../../daemons/host/rate-limit.js';
import {type Route, route} from '../../../daemons/host/router.js';
import {postJson, send} from '../../support/http.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {startPublicApi} from './_public-api.js';

const get = (path: string, more: Partial<Route> = {}): Route => ({
	method: 'GET',
	path,
	summary: 'For this test.',
	handle: () => ({body: {}}),
	...more,
});

const rateHeaders = ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'];

test('the limit of an API is told with each answer, and holds for what is not there too', async t => {
	const limit = limitByAddress(createRateLimit({perMinute: 3}));
	const target = await startPublicApi(t, {routes: [get('/fine')], limit});
	t.is((await send(target, {path: '/fine'})).headers['ratelimit-remaining'], '2');
	t.is((await send(target, {path: '/nothing'})).headers['ratelimit-remaining'], '1');
	t.is((await postJson(target, '/fine', {})).headers['ratelimit-remaining'], '0');
	for (const path of ['/fine', '/nothing', '/api/v1/openapi.json']) {
		const refused = await send(target, {path});
		t.is(refused.status, 429);
		t.is(refused.json.code, 'RATE_001');
		for (const name of [...rateHeaders, 'retry-after']) {
			t.regex(String(refused.headers[name]), /^\d+$/, name);
		}
	}
});

test('a route may have a limit of its own or none; metrics have none', async t => {
	const target = await startPublicApi(t, {
		limit: limitByAddress(createRateLimit({perMinute: 1})),
		routes: [
			get('/usual'),
			get('/own', {limit: limitByAddress(createRateLimit({perMinute: 2}))}),
			get('/health', {limit: 'none'}),
		],
	});
	t.is((await send(target, {path: '/usual'})).status, 200);
	t.is((await send(target, {path: '/usual'})).status, 429);
	t.is((await send(target, {path: '/own'})).headers['ratelimit-remaining'], '1');
	t.is((await send(target, {path: '/own'})).status, 200);
	t.is((await send(target, {path: '/own'})).status, 429);
	for (const path of ['/health', '/metrics']) {
		const answer = await send(target, {path});
		t.is(answer.status, 200);
		t.deepEqual(
			rateHeaders.filter(name => name in answer.headers),
			[],
		);
	}
});

test('a body of somebody over the limit is not looked at', async t => {
	const target = await startPublicApi(t, {
		routes: [route({method: 'POST', path: '/word', summary: '', body: z.string(), handle: () => ({})})],
		limit: limitByAddress(createRateLimit({perMinute: 1})),
	});
	t.is((await postJson(target, '/word', 1)).status, 400);
	t.is((await postJson(target, '/word', 1)).status, 429);
});

test('a handler limits by what it finds out, and its headers go out with errors too', async t => {
	const limit = createRateLimit({perMinute: 1});
	const target = await startPublicApi(t, {
		routes: [
			get('/mine/:name', {
				async handle({params, setAnswerHeaders}) {
					setAnswerHeaders(await limit.consume(params['name'] ?? ''));
					throw new Error('broken');
				},
			}),
		],
	});
	const broken = await send(target, {path: '/mine/a'});
	t.is(broken.status, 500);
	t.is(broken.headers['ratelimit-remaining'], '0');
	t.is((await send(target, {path: '/mine/a'})).status, 429);
	t.is((await send(target, {path: '/mine/b'})).status, 500);
});

test('behind a trusted proxy each caller has a limit of its own', async t => {
	const target = await startPublicApi(t, {
		routes: [get('/me', {handle: ({remoteAddress}) => ({body: {remoteAddress}})})],
		limit: limitByAddress(createRateLimit({perMinute: 1})),
		trustedProxies: ['127.0.0.1'],
	});
	const ask = (address: string) => send(target, {path: '/me', headers: {'X-Forwarded-For': address}});
	t.is((await ask('203.0.113.9')).json.remoteAddress, '203.0.113.9');
	t.is((await ask('1.2.3.4, 203.0.113.9')).status, 429);
	t.is((await ask('203.0.113.10')).status, 200);
});

test('requests are counted by the pattern of their route, never by their path', async t => {
	const target = await startPublicApi(t, {routes: [get('/things/:name')]});
	for (const path of ['/things/a', '/things/b', '/secret/path', '/things/%E0%A4%A']) {
		await send(target, {path});
	}

	await postJson(target, '/things/a', {});
	const socket = net.connect(Number(new URL(target.url).port), '127.0.0.1');
	socket.end('no HTTP at all\r\n\r\n');
	const metrics = await eventually('all of them are counted', async () => {
		const {text} = await send(target, {path: '/metrics'});
		return text.includes('method="unknown"') ? text : undefined;
	});
	const counted = metrics.split('\n').filter(line => line.startsWith('golem_http_requests_total{'));
	t.deepEqual(counted.filter(line => !line.includes('/metrics')).sort(), [
		'golem_http_requests_total{method="GET",route="/things/:name",status="200"} 2',
		'golem_http_requests_total{method="GET",route="unknown",status="404"} 2',
		'golem_http_requests_total{method="POST",route="unknown",status="405"} 1',
		'golem_http_requests_total{method="unknown",route="unknown",status="400"} 1',
	]);
	t.notRegex(metrics, /secret/);
	t.regex(
		metrics,
		/golem_http_request_duration_seconds_count\{method="GET",route="\/things\/:name",status="200"\} 2/,
	);
});

test('metrics are Prometheus’ text, and tell of the process', async t => {
	const target = await startPublicApi(t, {routes: []});
	const {headers, text} = await send(target, {path: '/metrics'});
	t.is(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
	t.regex(text, /^process_resident_memory_bytes [1-9]\d+$/m);
	t.regex(text, /^process_cpu_seconds_total \d/m);
});

test('a daemon’s own figures are read when they are asked for', async t => {
	const {url, metrics} = await startPublicApi(t, {routes: []});
	const figures = {things: 1, byState: {good: 1, bad: 2} as Record<string, number>, done: 5};
	metrics.add({name: 'golem_things', help: 'Things.', read: () => figures.things});
	metrics.add({name: 'golem_states', help: 'By state.', label: 'state', read: () => figures.byState});
	metrics.add({name: 'golem_done_total', help: 'Done.', type: 'counter', read: () => figures.done});
	const read = async () =>
		(await send({url}, {path: '/metrics'})).text
			.split('\n')
			.filter(line => /^golem_(?:things|states|done)/.test(line));
	t.deepEqual(await read(), [
		'golem_things 1',
		'golem_states{state="good"} 1',
		'golem_states{state="bad"} 2',
		'golem_done_total 5',
	]);
	figures.things = 7;
	figures.byState = {bad: 3};
	figures.done = 6;
	t.deepEqual(await read(), ['golem_things 7', 'golem_states{state="bad"} 3', 'golem_done_total 6']);
});

test('the log has one line a request, without its path, its headers or its body', async t => {
	const target = await startPublicApi(t, {
		routes: [
			route({
				method: 'POST',
				path: '/things/:name',
				summary: '',
				body: z.object({word: z.string()}),
				handle: () => ({status: 201}),
			}),
		],
	});
	await postJson(target, '/things/hush?hush=1', {word: 'hush'}, {'X-Requestor-Signature': 'hush'});
	await postJson(target, '/things/hush', {word: 1, hush: 2}, {Authorization: 'hush'});
	await eventually('both are written down', () => whenTrue(target.entries.length >= 2));
	t.is(target.entries.length, 2);
	t.like(target.entries[0], {method: 'POST', route: '/things/:name', status: 201, level: 30});
	t.like(target.entries[1], {route: '/things/:name', status: 400, code: 'REQ_001', level: 30});
	for (const entry of target.entries) {
		t.is(typeof entry['ms'], 'number');
		t.is(typeof entry['request_id'], 'string');
		t.notRegex(JSON.stringify(entry), /hush/);
	}
});
