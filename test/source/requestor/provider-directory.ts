import {monitorEventLoopDelay} from 'node:perf_hooks';
import test, {type ExecutionContext} from 'ava';
import {createDiscoveryClient} from '../../../source/client/discovery-client.js';
import {signAdvertisement} from '../../../source/protocol/advertisement.js';
import {createIdentity, createPrivateKey} from '../../../source/protocol/identity.js';
import {
	createProviderDirectory,
	type DirectoryPicture,
	type ProviderDirectoryOptions,
} from '../../../source/requestor/provider-directory.js';
import {advertise, advertisementsOf, offer, withdraw} from '../../support/advertisements.js';
import {startDaemon} from '../../support/daemon.js';
import {alice, mallory} from '../../support/identities.js';
import {freePort} from '../../support/ports.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {advertisement, provider, startStandIn} from './_discovery-server.js';

const generous = {DISCOVERY_RATE_LIMIT_PER_MINUTE: '1000000'};

function follow(t: ExecutionContext, options: Partial<ProviderDirectoryOptions> & {urls: string[]}) {
	const end = new AbortController();
	t.teardown(() => end.abort());
	const pictures: DirectoryPicture[] = [];
	const directory = createProviderDirectory({
		intervalMs: 20,
		requestsPerMinute: 100_000,
		onChange: picture => pictures.push(picture),
		signal: end.signal,
		...options,
	});
	const until = (what: string, isSo: (picture: DirectoryPicture) => boolean) =>
		eventually(what, () => whenTrue(isSo(directory.picture())));
	return {...directory, pictures, until, end};
}

const countsAs = (size: number) => (picture: DirectoryPicture) => picture.providers.size === size;

test.serial('providers come, change and withdraw, and what has not changed is the same object', async t => {
	const discovery = await startDaemon(t, 'discovery', {environment: generous});
	await advertise(discovery, alice);
	const {picture, until} = follow(t, {urls: [discovery.url]});
	t.like(picture(), {servers: [{url: discovery.url, state: 'asking', at: undefined, total: 0}]});
	await until('alice is there', countsAs(1));
	t.like(picture().servers, [{url: discovery.url, state: 'ok', error: undefined, total: 1}]);
	const entry = picture().providers.get(alice.id);
	t.like(entry, {isGenuine: undefined, advertisement: {provider_id: alice.id}});

	await advertise(discovery, mallory);
	await until('mallory is there too', countsAs(2));
	t.is(picture().providers.get(alice.id), entry);

	await advertise(discovery, alice, {name: 'another word'});
	await until(
		'alice has another word',
		({providers}) => providers.get(alice.id)?.advertisement.name === 'another word',
	);
	await withdraw(discovery, mallory);
	await until('mallory has gone', countsAs(1));
	t.is(picture().servers[0]?.total, 1);
});

test.serial(
	'while nothing changes the answers have no content, and the map and all in it stay what they are',
	async t => {
		const standIn = await startStandIn(t);
		standIn.advertisements = Array.from({length: 2500}, (_, number) => advertisement(number, number));
		const {picture, pictures, until} = follow(t, {urls: [standIn.url], fullEveryMs: 200});
		await until('all are there', countsAs(2500));
		// The first glance has an address of its own, and therefore no tag yet.
		await eventually('it has looked twice', () => whenTrue(standIn.asked.length > 5));
		const {providers} = picture();
		const before = standIn.asked.length;
		const shown = pictures.length;
		await eventually('all pages were asked for again', () =>
			whenTrue(standIn.asked.slice(before).filter(({path}) => path.includes('cursor=2000')).length > 1),
		);
		t.deepEqual([...new Set(standIn.asked.slice(before).map(({status}) => status))], [304]);
		t.true(pictures.slice(shown).every(later => later.providers === providers));
	},
);

test.serial('only the first page is asked for while it leads to something known', async t => {
	const standIn = await startStandIn(t);
	standIn.advertisements = Array.from({length: 2500}, (_, number) => advertisement(number, 1000 + number));
	const {until} = follow(t, {urls: [standIn.url]});
	await until('all are there', countsAs(2500));
	const first = standIn.asked.length;
	t.deepEqual(
		standIn.asked.slice(0, 3).map(({path}) => path.replace(/^.*\?/, '')),
		['limit=1000', 'limit=1000&cursor=1000', 'limit=1000&cursor=2000'],
	);
	standIn.advertisements = [advertisement(9000, 0), ...standIn.advertisements];
	await until('the new one is there', countsAs(2501));
	t.true(standIn.asked.slice(first).every(({path}) => path.endsWith('?limit=100')));

	standIn.advertisements = [
		...Array.from({length: 150}, (_, number) => advertisement(10_000 + number, 0)),
		...standIn.advertisements,
	];
	const second = standIn.asked.length;
	await until('the many new ones are there', countsAs(2651));
	t.deepEqual(
		[...new Set(standIn.asked.slice(second).map(({path}) => path.replace(/^.*\?/, '')))],
		['limit=100', 'limit=1000&cursor=100'],
	);
});

test.serial('who withdraws from a later page is found out when all pages are read', async t => {
	const standIn = await startStandIn(t);
	standIn.advertisements = Array.from({length: 1200}, (_, number) => advertisement(number, number));
	const {until, picture} = follow(t, {urls: [standIn.url], fullEveryMs: 100});
	await until('all are there', countsAs(1200));
	standIn.advertisements = standIn.advertisements.filter(({provider_id}) => provider_id !== provider(1100));
	await until('one has gone', countsAs(1199));
	t.false(picture().providers.has(provider(1100)));
});

test.serial('who advertises anew while all pages are read is never missing', async t => {
	const standIn = await startStandIn(t);
	standIn.advertisements = Array.from({length: 1200}, (_, number) => advertisement(number, 1000 + number));
	let isMoved = false;
	const {until, pictures} = follow(t, {
		urls: [standIn.url],
		fullEveryMs: 50,
		createClient(url) {
			const {page} = createDiscoveryClient(url);
			return {
				async page(query, from, signal) {
					const answer = await page(query, from, signal);
					if (from?.cursor === undefined && query.limit === 1000 && pictures.length > 3 && !isMoved) {
						// Between the first page and the second: from the end to the front.
						standIn.advertisements.pop();
						standIn.advertisements.unshift(advertisement(1199, 0));
						isMoved = true;
					}

					return answer;
				},
			};
		},
	});
	await until('all are there', countsAs(1200));
	const complete = pictures.length;
	await eventually('one has moved', () => whenTrue(isMoved));
	const asked = standIn.asked.length;
	await eventually('it was asked for some time', () => whenTrue(standIn.asked.length > asked + 8));
	t.true(pictures.slice(complete).every(countsAs(1200)));
});

test.serial(
	'an advertisement is forgotten 300 s after its time, by the server’s clock, also while nobody answers',
	async t => {
		const standIn = await startStandIn(t);
		standIn.advertisements = [
			advertisement(1, 100_000),
			advertisement(2, 200_000),
			advertisement(3, 400_000),
		];
		let lead = 3_600_000;
		const {until, picture} = follow(t, {urls: [standIn.url], now: () => Date.now() + lead});
		await until('those that live are there, whatever our clock says', countsAs(2));
		standIn.instead = response => response.destroy();
		await until('it does not answer', ({servers}) => servers[0]?.state === 'failed');
		t.is(picture().providers.size, 2);
		lead += 150_000;
		await until('the older one has gone', countsAs(1));
		t.true(picture().providers.has(provider(1)));
		lead += 100_000;
		await until('the other one too', countsAs(0));
	},
);

test.serial('when our clock jumps, what the server still has comes back', async t => {
	const standIn = await startStandIn(t);
	standIn.advertisements = [advertisement(1, 0)];
	let lead = 0;
	const {until} = follow(t, {urls: [standIn.url], now: () => Date.now() + lead});
	await until('it is there', countsAs(1));
	await eventually('it has come with its tag', () => whenTrue(standIn.asked.length > 3));
	standIn.instead = response => response.destroy();
	await until('it does not answer', ({servers}) => servers[0]?.state === 'failed');
	lead = 7_200_000;
	await until('by our clock it is over', countsAs(0));
	standIn.instead = undefined;
	await t.notThrowsAsync(until('it is there again', countsAs(1)));
});

test.serial(
	'no server is asked more often in a minute than was said, however much there is to read',
	async t => {
		const [limited, free] = [await startStandIn(t), await startStandIn(t)];
		limited.advertisements = Array.from({length: 9000}, (_, number) => advertisement(number, number));
		const often = {intervalMs: 1, fullEveryMs: 1};
		const {picture} = follow(t, {urls: [limited.url], ...often, requestsPerMinute: 12});
		await eventually('it has used its requests', () => whenTrue(limited.asked.length >= 12));
		follow(t, {urls: [free.url], ...often});
		await eventually('another one was asked much more', () => whenTrue(free.asked.length > 60));
		t.is(limited.asked.length, 12);
		t.is(picture().providers.size, 9000);
		t.is(picture().servers[0]?.state, 'ok');
	},
);

test.serial('no more pages are read than was said', async t => {
	const standIn = await startStandIn(t);
	standIn.advertisements = Array.from({length: 5000}, (_, number) => advertisement(number, number));
	const {until, picture} = follow(t, {urls: [standIn.url], pages: 2});
	await until('two pages are there', countsAs(2000));
	await eventually('it was asked again', () => whenTrue(standIn.asked.length > 4));
	t.is(picture().providers.size, 2000);
	t.is(picture().servers[0]?.total, 5000);
});

test.serial(
	'a server that fails is asked less and less often, keeps what it had, and is well again when it answers',
	async t => {
		const standIn = await startStandIn(t);
		standIn.advertisements = [advertisement(1, 0)];
		const {until, picture} = follow(t, {urls: [standIn.url], intervalMs: 40});
		await until('it is there', countsAs(1));
		const {at} = picture().servers[0] ?? {};
		const times: number[] = [];
		standIn.instead = response => {
			times.push(performance.now());
			response.writeHead(500).end();
		};
		await eventually('it has failed five times', () => whenTrue(times.length >= 5));
		t.like(picture().servers, [
			{state: 'failed', error: `The discovery server at ${standIn.url} answered 500.`},
		]);
		t.true((picture().servers[0]?.at ?? 0) >= (at ?? 0));
		t.is(picture().providers.size, 1);
		const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
		for (const [index, least] of [40, 80, 160, 320].entries()) {
			t.true((pauses[index] ?? 0) >= least - 2, JSON.stringify(pauses));
		}

		standIn.instead = undefined;
		await until(
			'it is well again',
			({servers}) => servers[0]?.state === 'ok' && servers[0].error === undefined,
		);
	},
);

test.serial('a server that says when to come again is not asked before', async t => {
	const standIn = await startStandIn(t);
	const times: number[] = [];
	standIn.instead = response => {
		times.push(performance.now());
		response
			.writeHead(429, {'Retry-After': '1', 'Content-Type': 'application/json'})
			.end(JSON.stringify({code: 'RATE_001', message: 'Too much.', timestamp: '', details: {}}));
	};
	const {picture} = follow(t, {urls: [standIn.url]});
	await eventually('it was asked twice', () => whenTrue(times.length > 1));
	t.true((times[1] ?? 0) - (times[0] ?? 0) >= 998);
	t.is(picture().servers[0]?.error, 'Too much.');
});

test.serial('a server that is not there does not keep another one’s providers away', async t => {
	const discovery = await startDaemon(t, 'discovery', {environment: generous});
	await advertise(discovery, alice);
	const {until, picture} = follow(t, {
		urls: [`http://127.0.0.1:${await freePort()}`, discovery.url, discovery.url],
	});
	await until('alice is there', countsAs(1));
	await until('both have been asked', ({servers}) => servers.every(({state}) => state !== 'asking'));
	t.like(picture().servers, [{state: 'failed'}, {state: 'ok'}]);
	t.is(picture().servers.length, 2, 'one named twice is asked as one');
	t.true(picture().providers.has(alice.id));
});

test.serial(
	'signatures are looked at when asked for; what is forged stays, marked, and gives way to what is not',
	async t => {
		const [honest, hostile] = [
			await startDaemon(t, 'discovery', {environment: generous}),
			await startStandIn(t),
		];
		await advertise(honest, alice);
		const genuine = (await advertisementsOf(honest))[0];
		const newer = advertisement(0, -30_000).timestamp;
		hostile.advertisements = [
			// Alice's own signature under another text, and one of somebody nobody knows.
			{...advertisement(0, 0), ...genuine, ip_address: '203.0.113.66', timestamp: newer},
			advertisement(7, 10),
		];
		const {until, check, picture} = follow(t, {urls: [hostile.url, honest.url]});
		await until(
			'both have answered',
			({servers, providers}) => servers.every(({state}) => state === 'ok') && providers.size === 2,
		);
		t.like(picture().providers.get(alice.id), {
			isGenuine: undefined,
			advertisement: {ip_address: '203.0.113.66'},
		});
		await check([alice.id, provider(7), mallory.id]);
		t.like(picture().providers.get(alice.id), {
			isGenuine: true,
			advertisement: {ip_address: offer.ip_address},
		});
		t.like(picture().providers.get(provider(7)), {isGenuine: false});
		t.is(picture().providers.size, 2);

		const {providers} = picture();
		await check([alice.id, provider(7)]);
		t.is(picture().providers, providers, 'they are known');
	},
);

test.serial('a long check leaves the event loop free in between', async t => {
	const identity = createIdentity(createPrivateKey());
	const standIn = await startStandIn(t);
	standIn.advertisements = Array.from({length: 300}, (_, number) => {
		const plain = advertisement(number, number);
		const headers = signAdvertisement(identity, {...offer, name: `n${number}`}, plain.timestamp);
		return {...plain, signature: headers['X-Provider-Signature'] ?? ''};
	});
	const {until, check, picture} = follow(t, {urls: [standIn.url], intervalMs: 60_000});
	await until('all are there', countsAs(300));
	await check([provider(0)]);
	let turns = 0;
	let isOver = false;
	const count = () => {
		turns += 1;
		if (!isOver) {
			setImmediate(count);
		}
	};
	setImmediate(count);
	const delay = monitorEventLoopDelay({resolution: 1});
	delay.enable();
	await check([...picture().providers.keys()]);
	isOver = true;
	delay.disable();
	t.log(`${turns} turns, longest ${delay.max / 1e6} ms, usual ${delay.percentile(90) / 1e6} ms`);
	t.true(turns > 10, String(turns));
	t.true([...picture().providers.values()].every(({isGenuine}) => isGenuine === false));
});

test.serial('after the signal nobody is asked any more, and nobody is told', async t => {
	const [standIn, other] = [await startStandIn(t), await startStandIn(t)];
	standIn.advertisements = [advertisement(1, 0)];
	const {until, end, pictures, check} = follow(t, {urls: [standIn.url], intervalMs: 1});
	await until('it is there', countsAs(1));
	end.abort();
	const [asked, shown] = [standIn.asked.length, pictures.length];
	await check([provider(1)]);
	follow(t, {urls: [other.url], intervalMs: 1});
	await eventually('another one was asked often', () => whenTrue(other.asked.length > 20));
	t.true(standIn.asked.length <= asked + 1, 'one was perhaps under way');
	t.is(pictures.length, shown);
});

test('a server whose pages go round in a circle is read to where it begins, and then as any other', async t => {
	const standIn = await startStandIn(t);
	const page = JSON.stringify([advertisement(1, 0)]);
	standIn.instead = response => {
		response.writeHead(200, {Link: '<?cursor=again>; rel="next"'}).end(page);
	};
	const {until} = follow(t, {urls: [standIn.url], fullEveryMs: 1_000_000});
	await until('its provider is there', countsAs(1));
	// All pages are asked for once; from then on the freshest, which are those without a cursor.
	const glances = () =>
		standIn.asked.filter(({path}) => path.includes('limit=100') && !path.includes('limit=1000'));
	await eventually('it is glanced at again and again', () => whenTrue(glances().length > 3));
	const pages = standIn.asked.filter(({path}) => path.includes('cursor=again'));
	t.true(pages.length < 3, `${pages.length} pages`);
});
