import test from 'ava';
import {signAdvertisement} from '../../../source/protocol/advertisement.js';
import {signRequest} from '../../../source/protocol/signed-request.js';
import {advertise, offer} from '../../support/advertisements.js';
import {startDaemon} from '../../support/daemon.js';
import {postJson, send} from '../../support/http.js';
import {alice, mallory} from '../../support/identities.js';
import {readDocument} from '../host/_openapi.js';

const advertisements = '/api/v1/advertisements';
const one = `${advertisements}/{provider_id}`;

test('what a discovery server answers is what its document says', async t => {
	const {url} = await startDaemon(t, 'discovery', {environment: {DISCOVERY_RATE_LIMIT_PER_MINUTE: '13'}});
	const {ask, document} = await readDocument(t, {url});
	t.deepEqual(Object.keys(document.paths), [
		advertisements,
		one,
		'/health',
		'/metrics',
		'/api/v1/openapi.json',
	]);

	const post = (body: unknown, headers: Record<string, string>) =>
		ask(advertisements, {
			method: 'POST',
			path: advertisements,
			headers: {'Content-Type': 'application/json', ...headers},
			body: JSON.stringify(body),
		});
	const full = {
		...offer,
		name: 'one',
		images: ['micro'],
		pricing: {cpu_core_hour: 1, memory_gb_hour: 1, storage_gb_hour: 0},
	};
	const now = new Date().toISOString();
	t.is((await post(full, signAdvertisement(alice, full, now))).status, 200);
	t.is((await post({...offer, resources: {}}, {})).json.code, 'ADV_002');
	t.is((await post(offer, {})).status, 401);
	t.is((await post(offer, {'Content-Type': 'text/plain'})).status, 415);
	const found = await ask(advertisements, {path: `${advertisements}?cpu=1`});
	t.is(found.json.length, 1);
	const again = {
		path: `${advertisements}?cpu=1`,
		headers: {'If-None-Match': String(found.headers['etag'])},
	};
	t.is((await ask(advertisements, again)).status, 304);
	t.is((await ask(advertisements, {path: `${advertisements}?cursor=none`})).status, 400);
	t.is((await ask(advertisements, {path: `${advertisements}?cpu=none`})).status, 400);
	t.is((await ask(one, {path: `${advertisements}/${alice.id}`})).status, 200);
	t.is((await ask(one, {path: `${advertisements}/${mallory.id}`})).status, 404);

	const path = `${advertisements}/${alice.id}`;
	const withdraw = (identity: typeof alice) =>
		ask(one, {
			method: 'DELETE',
			path,
			headers: {
				Host: new URL(url).host,
				...signRequest(identity, 'Provider', {
					method: 'DELETE',
					path,
					audience: new URL(url).host,
					timestamp: new Date().toISOString(),
					body: '',
				}),
			},
		});
	t.is((await withdraw(mallory)).status, 403);
	t.is((await withdraw(alice)).status, 200);
	t.is(
		(await ask(advertisements, {path: advertisements})).status,
		429,
		'the thirteen of this minute are used up',
	);
	const search = document.paths[advertisements].get;
	t.deepEqual(
		search.parameters.map(({name}: {name: string}) => name),
		['cpu', 'memory', 'storage', 'country', 'limit', 'cursor', 'If-None-Match'],
	);
	t.truthy(search.responses['200'].headers.Link);
	t.is((await ask('/health', {path: '/health'})).status, 200);
	t.is((await ask('/metrics', {path: '/metrics'})).status, 200);
});

test('one address may send as much as the setting says; its health and its metrics cost nothing', async t => {
	const {url} = await startDaemon(t, 'discovery', {
		environment: {GOLEM_DISCOVERY_RATE_LIMIT_PER_MINUTE: '2', DISCOVERY_TRUSTED_PROXIES: '127.0.0.0/8'},
	});
	const ask = (from: string, path = advertisements) =>
		send({url}, {path, headers: {'X-Forwarded-For': from}});
	t.is((await ask('203.0.113.9')).headers['ratelimit-remaining'], '1');
	t.is((await ask('203.0.113.9', '/nothing')).headers['ratelimit-remaining'], '0');
	t.is((await ask('203.0.113.9')).status, 429);
	t.is((await ask('203.0.113.9', '/health')).status, 200);
	t.is((await ask('203.0.113.9', '/metrics')).status, 200);
	t.is((await ask('2001:db8::1')).status, 200);
	t.is((await ask('2001:db8::2')).status, 200);
	t.is((await ask('2001:db8::3')).status, 429);
	t.is((await ask('2001:db8:0:1::1')).status, 200);
});

test('without trusted proxies the header of one is nobody’s way around the limit', async t => {
	const {url} = await startDaemon(t, 'discovery', {environment: {DISCOVERY_RATE_LIMIT_PER_MINUTE: '1'}});
	t.is((await send({url}, {path: advertisements, headers: {'X-Forwarded-For': '203.0.113.1'}})).status, 200);
	t.is((await send({url}, {path: advertisements, headers: {'X-Forwarded-For': '203.0.113.2'}})).status, 429);
});

test('the metrics tell how many advertisements there are', async t => {
	const {url} = await startDaemon(t, 'discovery');
	await advertise({url}, alice);
	t.regex((await send({url}, {path: '/metrics'})).text, /^golem_discovery_advertisements 1$/m);
});

test('a server that heeds no signatures does not say that it needs one', async t => {
	const {url} = await startDaemon(t, 'discovery', {environment: {DISCOVERY_REQUIRE_SIGNATURES: 'false'}});
	const {document, ask} = await readDocument(t, {url});
	t.false('security' in document.paths[advertisements].post);
	t.is((await postJson({url}, advertisements, offer, {'X-Provider-ID': alice.id})).status, 200);
	t.is((await ask(advertisements, {path: advertisements})).json.length, 1);
});
