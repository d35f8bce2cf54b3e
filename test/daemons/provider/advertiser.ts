import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {startAdvertiser} from '../../../daemons/provider/advertiser.js';
import {createDiscoveryClient} from '../../../source/client/discovery-client.js';
import {type AdvertisementBody, isAdvertisementGenuine} from '../../../source/protocol/advertisement.js';
import {advertisementsOf, offer} from '../../support/advertisements.js';
import {startDaemon} from '../../support/daemon.js';
import {alice} from '../../support/identities.js';
import {createTestLog} from '../../support/log.js';
import {eventually, whenTrue} from '../../support/waiting.js';

type Heard = {method: string; body: AdvertisementBody | undefined; atMs: number};

/** A discovery server that keeps what it hears, and answers with the status that `statusOf` says. */
async function listeningDiscovery(
	t: ExecutionContext,
	statusOf: (count: number) => number | 'silence' = () => 200,
) {
	const heard: Heard[] = [];
	const server = http.createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', chunk => {
			text += chunk;
		});
		request.on('end', () => {
			heard.push({
				method: request.method ?? '',
				body: text === '' ? undefined : JSON.parse(text),
				atMs: performance.now(),
			});
			const status = statusOf(heard.length);
			if (status !== 'silence') {
				response.writeHead(status, {'Content-Type': 'application/json'}).end('{"status":"success"}');
			}
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		heard,
		posts: () => heard.filter(({method}) => method === 'POST'),
		deletes: () => heard.filter(({method}) => method === 'DELETE'),
	};
}

function advertiseTo(
	t: ExecutionContext,
	urls: string[],
	describe: () => AdvertisementBody | undefined,
	intervalMs = 60_000,
) {
	const advertiser = startAdvertiser({
		identity: alice,
		servers: urls.map(url => ({url, client: createDiscoveryClient(url)})),
		describe,
		intervalMs,
		log: createTestLog().log,
		onChange() {},
	});
	t.teardown(() => advertiser.stop());
	return advertiser;
}

test('what is offered can be found at a real discovery server, and is gone when the provider stops', async t => {
	const {url} = await startDaemon(t, 'discovery');
	const advertiser = advertiseTo(t, [url], () => offer);
	const [found] = await eventually('it is found', async () => {
		const all = await advertisementsOf({url});
		return all.length > 0 ? all : undefined;
	});
	t.is(found?.provider_id, alice.id);
	t.true(found && isAdvertisementGenuine(found));
	t.deepEqual(found?.resources, offer.resources);
	await advertiser.stop();
	t.deepEqual(await advertisementsOf({url}), []);
});

test('it is said again after the interval', async t => {
	const {url, posts} = await listeningDiscovery(t);
	advertiseTo(t, [url], () => offer, 100);
	await eventually('it was said three times', () => whenTrue(posts().length >= 3));
	t.pass();
});

test('after a failure it is tried again, well before the next interval', async t => {
	const {url, posts} = await listeningDiscovery(t, count => (count < 3 ? 500 : 200));
	const advertiser = advertiseTo(t, [url], () => offer);
	await eventually('the server said no', () => whenTrue(posts().length === 1));
	await eventually('the failure is told', () => whenTrue(advertiser.states()[0]?.error !== null));
	await eventually(
		'the third time it worked',
		() => whenTrue(advertiser.states()[0]?.advertised_at !== null),
		15_000,
	);
	t.is(posts().length, 3);
	t.is(advertiser.states()[0]?.error, null);
});

test('the pause between two tries grows', async t => {
	const {url, posts} = await listeningDiscovery(t, () => 500);
	advertiseTo(t, [url], () => offer);
	await eventually('it was tried three times', () => whenTrue(posts().length >= 3), 15_000);
	const [first = 0, second = 0, third = 0] = posts().map(({atMs}) => atMs);
	t.true(second - first >= 500, `${second - first} ms`);
	t.true(third - second >= 1000, `${third - second} ms`);
});

test('many changes at once are told once, and the last one is what is told', async t => {
	const {url, posts} = await listeningDiscovery(t);
	let cpu = 8;
	const advertiser = advertiseTo(t, [url], () => ({...offer, resources: {...offer.resources, cpu}}));
	await eventually('the first was heard', () => whenTrue(posts().length === 1));
	for (cpu = 7; cpu > 1; cpu--) {
		advertiser.changed();
	}

	await eventually('the last was heard', () => whenTrue(posts().at(-1)?.body?.resources.cpu === 1));
	t.true(posts().length <= 3, `${posts().length} were heard`);
});

test('what is the same as before is not said again', async t => {
	const {url, posts} = await listeningDiscovery(t);
	let cpu = 8;
	let looks = 0;
	const advertiser = advertiseTo(t, [url], () => {
		looks += 1;
		return {...offer, resources: {...offer.resources, cpu}};
	});
	await eventually('the first was heard', () => whenTrue(posts().length === 1));
	for (let round = 0; round < 3; round++) {
		const before = looks;
		advertiser.changed();
		await eventually('what is offered was looked at again', () => whenTrue(looks > before));
	}

	cpu = 4;
	advertiser.changed();
	await eventually('the change was heard', () => whenTrue(posts().at(-1)?.body?.resources.cpu === 4));
	t.is(posts().length, 2);
});

test('what was said before is said again when its time is up, whatever happened in between', async t => {
	const {url, posts} = await listeningDiscovery(t);
	const advertiser = advertiseTo(t, [url], () => offer, 1000);
	await eventually('the first was heard', () => whenTrue(posts().length === 1));
	advertiser.changed();
	await eventually('it was said again', () => whenTrue(posts().length === 2));
	const [first = 0, second = 0] = posts().map(({atMs}) => atMs);
	t.true(second - first >= 900, `${second - first} ms`);
});

test('a change while an advertisement is on its way is told after it', async t => {
	let cpu = 8;
	const {url, posts} = await listeningDiscovery(t, count => {
		if (count === 1) {
			cpu = 4;
			advertiser.changed();
		}

		return 200;
	});
	const advertiser = advertiseTo(t, [url], () => ({...offer, resources: {...offer.resources, cpu}}));
	await eventually('the change was heard', () => whenTrue(posts().at(-1)?.body?.resources.cpu === 4));
	t.is(posts().length, 2);
});

test('a provider that has nothing left to offer withdraws, and comes back when it has', async t => {
	const {url, posts, deletes} = await listeningDiscovery(t);
	let isFull = false;
	const advertiser = advertiseTo(t, [url], () => (isFull ? undefined : offer));
	await eventually('it was heard', () => whenTrue(posts().length === 1));
	isFull = true;
	advertiser.changed();
	await eventually('it was withdrawn', () => whenTrue(deletes().length === 1));
	t.is(advertiser.states()[0]?.advertised_at, null);
	isFull = false;
	advertiser.changed();
	await eventually('it was heard again', () => whenTrue(posts().length === 2));
});

test('a provider that was never heard has nothing to withdraw', async t => {
	const {url, heard} = await listeningDiscovery(t, () => 500);
	const advertiser = advertiseTo(t, [url], () => offer);
	await eventually('it was tried', () => whenTrue(heard.length === 1));
	await advertiser.stop();
	t.true(heard.every(({method}) => method === 'POST'));
});

test('a server that is silent keeps nobody from the others, nor from the end', async t => {
	const silent = await listeningDiscovery(t, () => 'silence');
	const good = await listeningDiscovery(t);
	const advertiser = advertiseTo(t, [silent.url, good.url], () => offer);
	await eventually('the good one heard it', () => whenTrue(advertiser.states()[1]?.advertised_at !== null));
	t.is(advertiser.states()[0]?.advertised_at, null);
	const startedAt = performance.now();
	await advertiser.stop();
	t.true(performance.now() - startedAt < 4000);
	t.is(good.deletes().length, 1);
});
