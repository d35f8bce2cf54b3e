import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {discoveryRoutes} from '../../../daemons/discovery/api.js';
import {createRegistry} from '../../../daemons/discovery/registry.js';
import {openStore} from '../../../source/platform/store.js';
import {
	type Advertisement,
	advertisementSchema,
	isAdvertisementGenuine,
	signAdvertisement,
} from '../../../source/protocol/advertisement.js';
import {createIdentity, createPrivateKey} from '../../../source/protocol/identity.js';
import {signRequest} from '../../../source/protocol/signed-request.js';
import {advertise, offer, withdraw} from '../../support/advertisements.js';
import {startApiServer} from '../../support/api-server.js';
import {postJson, send} from '../../support/http.js';
import {alice, mallory} from '../../support/identities.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const advertisements = '/api/v1/advertisements';

async function startDiscovery(
	t: ExecutionContext,
	{
		requireSignatures = true,
		allowPrivate = false,
		names = [],
	}: {requireSignatures?: boolean; allowPrivate?: boolean; names?: string[]} = {},
) {
	const file = path.join(await temporaryFolder(t), 'discovery.db');
	const store = await openStore({file, schema: advertisementSchema, durability: 'normal'});
	t.teardown(async () => store.close());
	const registry = await createRegistry(store);
	let changes = 0;
	const server = await startApiServer(
		t,
		discoveryRoutes({
			registry,
			requireSignatures,
			allowPrivate,
			names,
			onChange() {
				changes += 1;
			},
		}),
	);
	return {...server, store, changes: () => changes};
}

test('what a provider signed and posted, anybody gets and can check', async t => {
	const target = await startDiscovery(t);
	const change = {port: 8000, name: 'Örebro', images: ['micro'], extra: {deep: [1, 'två']}};
	const posted = await advertise(target, alice, change);
	t.is(posted.status, 200, posted.text);
	t.like(posted.json, {provider_id: alice.id, ...offer, ...change});

	const one = await send(target, {path: `${advertisements}/${alice.id}`});
	const list = await send(target, {path: advertisements});
	t.deepEqual(list.json, [one.json]);
	const advertisement = advertisementSchema.parse(one.json);
	t.true(isAdvertisementGenuine(advertisement));
	t.false(isAdvertisementGenuine({...advertisement, country: 'NO'}));
	t.is(target.changes(), 1);
});

test('a provider is found by its id in any case', async t => {
	const target = await startDiscovery(t);
	await advertise(target, alice);
	const checksummed = alice.id.toUpperCase().replace('0X', '0x');
	t.is((await send(target, {path: `${advertisements}/${checksummed}`})).json.provider_id, alice.id);
});

test('an unknown provider, and what is no provider id, is ADV_004', async t => {
	const target = await startDiscovery(t);
	for (const id of [mallory.id, 'golem', '0x12']) {
		const answer = await send(target, {path: `${advertisements}/${id}`});
		t.is(answer.status, 404);
		t.is(answer.json.code, 'ADV_004');
	}
});

test('a signature that is another’s, over something else, or none is 401, and stores nothing', async t => {
	const target = await startDiscovery(t);
	const timestamp = new Date().toISOString();
	const good = signAdvertisement(alice, offer, timestamp);
	const bad = [
		{...good, 'X-Provider-ID': mallory.id},
		{...good, 'X-Provider-Signature': mallory.sign('x')},
		{...good, 'X-Provider-Signature': 'signature'},
		{...good, 'X-Provider-Timestamp': new Date(Date.now() + 1000).toISOString()},
		signAdvertisement(alice, {...offer, country: 'NO'}, timestamp),
	];
	for (const headers of bad) {
		const answer = await postJson(target, advertisements, offer, headers);
		t.is(answer.status, 401);
		t.is(answer.json.code, 'AUTH_001', JSON.stringify(headers));
	}

	const unsigned = await postJson(target, advertisements, offer, {'X-Provider-ID': alice.id});
	t.is(unsigned.status, 401);
	t.is(unsigned.json.code, 'AUTH_003');
	t.deepEqual((await send(target, {path: advertisements})).json, []);
	t.deepEqual(await target.store.entries(), []);
	t.is(target.changes(), 0);
});

test('a statement of more than a minute ago, or of the future, is AUTH_002', async t => {
	const target = await startDiscovery(t);
	for (const offset of [-61_000, 120_000]) {
		const answer = await advertise(target, alice, {}, new Date(Date.now() + offset).toISOString());
		t.is(answer.status, 401);
		t.is(answer.json.code, 'AUTH_002');
	}
});

test('an older statement than the known one is AUTH_002', async t => {
	const target = await startDiscovery(t);
	const now = Date.now();
	t.is((await advertise(target, alice, {country: 'NO'}, new Date(now).toISOString())).status, 200);
	const older = await advertise(target, alice, {country: 'FI'}, new Date(now - 5000).toISOString());
	t.is(older.status, 401);
	t.is(older.json.code, 'AUTH_002');
	t.is((await send(target, {path: `${advertisements}/${alice.id}`})).json.country, 'NO');
});

test('a timestamp in another form than ISO 8601 in UTC does not get in, where it would make the store unreadable', async t => {
	const target = await startDiscovery(t);
	const now = new Date();
	for (const timestamp of [now.toUTCString(), now.toISOString().replace('Z', '+00:00')]) {
		const answer = await advertise(target, alice, {}, timestamp);
		t.true(answer.status >= 400 && answer.status < 500, `${timestamp}: ${answer.text}`);
	}

	await t.notThrowsAsync(createRegistry(target.store), 'the next start reads the store');
});

test('every fault of an advertisement is listed', async t => {
	const target = await startDiscovery(t);
	const answer = await advertise(target, alice, {
		ip_address: 'here',
		country: 'XX',
		resources: {cpu: 0, memory: 1.5},
		port: 0,
	});
	t.is(answer.status, 400);
	t.deepEqual(answer.json.details.issues.map((issue: {path: string}) => issue.path).sort(), [
		'country',
		'ip_address',
		'port',
		'resources.cpu',
		'resources.memory',
		'resources.storage',
	]);
});

test('a number no JSON text can say is the sender’s fault, not ours', async t => {
	const target = await startDiscovery(t);
	const answer = await send(target, {
		method: 'POST',
		path: advertisements,
		headers: {
			'Content-Type': 'application/json',
			...signAdvertisement(alice, offer, new Date().toISOString()),
		},
		body: JSON.stringify({...offer, weight: 0}).replace('"weight":0', '"weight":1e999'),
	});
	t.true(answer.status >= 400 && answer.status < 500, answer.text);
});

test('an address nobody outside can reach is refused, in whatever form', async t => {
	const target = await startDiscovery(t);
	for (const ip_address of ['10.0.0.1', '127.0.0.1', '::1', '::ffff:192.168.1.1', 'fd00::1', '0.0.0.0']) {
		const answer = await advertise(target, alice, {ip_address});
		t.is(answer.status, 400, ip_address);
		t.is(answer.json.code, 'REQ_001');
		t.is(answer.json.details.issues[0].path, 'ip_address');
	}
});

test('a server of a private network takes private addresses', async t => {
	const target = await startDiscovery(t, {allowPrivate: true});
	t.is((await advertise(target, alice, {ip_address: '10.0.0.1'})).status, 200);
});

test('a query finds those that have at least that much, with their number and no more than its limit', async t => {
	const target = await startDiscovery(t);
	const offers = [
		{resources: {cpu: 1, memory: 1, storage: 10}, country: 'SE'},
		{resources: {cpu: 8, memory: 4, storage: 20}, country: 'SE'},
		{resources: {cpu: 8, memory: 16, storage: 80}, country: 'NO'},
	];
	const ids: string[] = [];
	for (const change of offers) {
		const identity = createIdentity(createPrivateKey());
		ids.push(identity.id);
		t.is((await advertise(target, identity, change)).status, 200);
	}

	const find = async (query: string) => {
		const answer = await send(target, {path: `${advertisements}?${query}`});
		return {
			found: answer.json.map(({provider_id}: Advertisement) => ids.indexOf(provider_id)).sort(),
			total: answer.headers['x-total-count'],
		};
	};
	t.deepEqual(await find(''), {found: [0, 1, 2], total: '3'});
	t.deepEqual(await find('cpu=2'), {found: [1, 2], total: '2'});
	t.deepEqual(await find('cpu=2&memory=5'), {found: [2], total: '1'});
	t.deepEqual(await find('country=SE&storage=20'), {found: [1], total: '1'});
	t.deepEqual(await find('cpu=9'), {found: [], total: '0'});
	t.is((await find('limit=2')).found.length, 2);
	t.is((await find('limit=2')).total, '3');
	t.is((await send(target, {path: `${advertisements}?cpu=many&country=se`})).json.details.issues.length, 2);
});

test('a provider withdraws its own advertisement, and nobody else’s', async t => {
	const target = await startDiscovery(t);
	await advertise(target, alice);
	const others = await withdraw(target, mallory, alice.id);
	t.is(others.status, 403);
	t.is(others.json.code, 'AUTH_004');
	const unsigned = await send(target, {method: 'DELETE', path: `${advertisements}/${alice.id}`});
	t.is(unsigned.status, 401);
	const forged = await send(target, {
		method: 'DELETE',
		path: `${advertisements}/${alice.id}`,
		headers: {
			'X-Provider-ID': alice.id,
			'X-Provider-Timestamp': new Date().toISOString(),
			'X-Provider-Signature': mallory.sign('x'),
		},
	});
	t.is(forged.json.code, 'AUTH_001');
	t.is((await send(target, {path: `${advertisements}/${alice.id}`})).status, 200);

	const own = await withdraw(target, alice);
	t.is(own.status, 200);
	t.deepEqual(own.json, {status: 'success'});
	t.is((await send(target, {path: `${advertisements}/${alice.id}`})).status, 404);
	t.is((await withdraw(target, alice)).json.code, 'ADV_004', 'there is nothing to withdraw any more');
});

test('a withdrawal that was signed for another server is refused', async t => {
	const [here, there] = [await startDiscovery(t), await startDiscovery(t)];
	await advertise(here, alice);
	await advertise(there, alice);
	const answer = await withdraw({url: here.url.replace('127.0.0.1', 'localhost')}, alice);
	t.is(answer.status, 200, 'by whatever name it was dialled');
	const path = `${advertisements}/${alice.id}`;
	const forThere = signRequest(alice, 'Provider', {
		method: 'DELETE',
		path,
		audience: new URL(here.url).host,
		timestamp: new Date().toISOString(),
		body: '',
	});
	const relayed = await send(there, {method: 'DELETE', path, headers: forThere});
	t.is(relayed.json.code, 'AUTH_001');
	t.is((await send(there, {path})).status, 200);
});

test('a server that knows its names heeds what was signed for one of them, whatever Host says', async t => {
	const names = ['discovery.example:9001', 'discovery.example'];
	const target = await startDiscovery(t, {names});
	const path = `${advertisements}/${alice.id}`;
	const signedFor = (audience: string) =>
		signRequest(alice, 'Provider', {
			method: 'DELETE',
			path,
			audience,
			timestamp: new Date().toISOString(),
			body: '',
		});
	await advertise(target, alice);
	const meantForAnother = await send(target, {
		method: 'DELETE',
		path,
		headers: {Host: 'other.example:9001', ...signedFor('other.example:9001')},
	});
	t.is(meantForAnother.json.code, 'AUTH_001');
	t.regex(meantForAnother.json.details.hint, /discovery\.example:9001 or discovery\.example\./);
	t.is((await send(target, {path})).status, 200);

	for (const name of names) {
		await advertise(target, alice);
		const signed = {method: 'DELETE', path, headers: {Host: '127.0.0.1:8080', ...signedFor(name)}};
		t.is((await send(target, signed)).status, 200, name);
		await advertise(target, alice);
		t.is((await send(target, signed)).json.code, 'AUTH_002', 'not a second time');
	}
});

test('without signatures the older network’s programs are heard, at the time we heard them', async t => {
	const target = await startDiscovery(t, {requireSignatures: false});
	const before = Date.now();
	const answer = await postJson(target, advertisements, offer, {
		'X-Provider-ID': alice.id,
		'X-Provider-Signature': 'signature',
		'X-Provider-Timestamp': '1999-01-01T00:00:00Z',
	});
	t.is(answer.status, 200, answer.text);
	t.true(Date.parse(answer.json.timestamp) >= before);
	t.is((await send(target, {path: advertisements})).json.length, 1);
	t.is((await postJson(target, advertisements, offer, {'X-Provider-ID': 'golem'})).json.code, 'AUTH_003');
	await t.notThrowsAsync(createRegistry(target.store));
});

test('health tells how many advertisements there are', async t => {
	const target = await startDiscovery(t);
	t.deepEqual((await send(target, {path: '/health'})).json, {status: 'healthy', advertisements: 0});
	await advertise(target, alice);
	t.like((await send(target, {path: '/health'})).json, {status: 'healthy', advertisements: 1});
});
