import test from 'ava';
import {createDiscoveryClient} from '../../../source/client/discovery-client.js';
import {advertise, advertisementsOf} from '../../support/advertisements.js';
import {startDaemon} from '../../support/daemon.js';
import {startHttpServer} from '../../support/http-server.js';
import {alice, mallory} from '../../support/identities.js';

test('a page leads to the next, and the same one again is unchanged', async t => {
	const discovery = await startDaemon(t, 'discovery');
	await advertise(discovery, alice);
	await advertise(discovery, mallory);
	const client = createDiscoveryClient(discovery.url);
	const first = await client.page({limit: 1});
	if (first.unchanged) {
		return t.fail();
	}

	t.like(first, {total: 2, advertisements: [{provider_id: mallory.id}]});
	t.truthy(first.etag);
	const second = await client.page({limit: 1}, {cursor: first.next});
	t.like(second, {unchanged: false, next: undefined, total: 2, advertisements: [{provider_id: alice.id}]});

	t.like(await client.page({limit: 1}, {etag: first.etag}), {unchanged: true});
	await advertise(discovery, alice);
	t.like(await client.page({limit: 1}, {etag: first.etag}), {
		unchanged: false,
		advertisements: [{provider_id: alice.id}],
	});
});

test('a page is read of an older server too, and what this version cannot read hides nothing', async t => {
	const discovery = await startDaemon(t, 'discovery');
	await advertise(discovery, alice);
	const [known] = await advertisementsOf(discovery);
	const {url} = await startHttpServer(t, response => response.end(JSON.stringify([{odd: true}, known, 1])));
	t.like(await createDiscoveryClient(url).page({}), {
		unchanged: false,
		etag: undefined,
		next: undefined,
		total: 3,
		advertisements: [{provider_id: alice.id}],
	});
});

test('the next page is found among other links, absolute or not', async t => {
	const links = [
		'<https://elsewhere.example/x?cursor=one&limit=2>; rel="next"',
		'<?cursor=first>; rel="first", <?cursor=two>; title="a"; rel=next',
		'<?cursor=last>; rel="last"',
		'<http://[>; rel="next"',
	];
	const {url, requests} = await startHttpServer(t, response => {
		response.writeHead(200, {Link: links[requests.length - 1] ?? ''}).end('[]');
	});
	const nextOf = async () => {
		const answer = await createDiscoveryClient(url).page({});
		return answer.unchanged ? 'unchanged' : answer.next;
	};
	t.deepEqual(
		[await nextOf(), await nextOf(), await nextOf(), await nextOf()],
		['one', 'two', undefined, undefined],
	);
});

test('of a page nothing is read beyond what any server is asked for', async t => {
	const discovery = await startDaemon(t, 'discovery');
	await advertise(discovery, alice);
	const [known] = await advertisementsOf(discovery);
	const many = JSON.stringify(Array.from({length: 5000}, () => known));
	const {url} = await startHttpServer(t, response => response.end(many));
	const page = await createDiscoveryClient(url).page({limit: 10});
	t.is(page.unchanged ? 0 : page.advertisements.length, 1000);
});
