import test from 'ava';
import {startDaemon} from '../../support/daemon.js';
import {send} from '../../support/http.js';
import {advertisements, provider, startRegistry} from './_pages.js';

test('who has what is there hears so in a few bytes, with the same tag', async t => {
	const {put, target} = await startRegistry(t);
	await put(1);
	const {headers} = await send(target, {path: advertisements});
	const etag = String(headers['etag']);
	t.regex(etag, /^W\/"[\w-]+"$/);
	t.is(headers['cache-control'], 'no-cache');
	for (const known of [etag, etag.slice('W/'.length), `"other", ${etag}`, '*']) {
		const answer = await send(target, {path: advertisements, headers: {'If-None-Match': known}});
		t.is(answer.status, 304, known);
		t.is(answer.text, '');
		t.is(answer.headers['etag'], etag);
		t.is(answer.headers['cache-control'], 'no-cache');
	}

	for (const other of ['"other"', 'W/""', '', etag.slice(0, -2)]) {
		t.is((await send(target, {path: advertisements, headers: {'If-None-Match': other}})).status, 200, other);
	}
});

test('each thing that a page says changes its tag: a new one, another word, one that goes or expires, also on a later page', async t => {
	const {put, registry, clock, target} = await startRegistry(t);
	const tags: unknown[] = [];
	const ask = async () =>
		tags.push((await send(target, {path: `${advertisements}?limit=2`})).headers['etag']);
	await ask();
	await put(1);
	await ask();
	await put(1, {country: 'NO'});
	await ask();
	clock.now += 10_000;
	await put(2);
	await ask();
	clock.now += 10_000;
	await put(3);
	await ask();
	clock.now += 10_000;
	await put(4);
	await ask();
	await registry.remove(provider(2));
	await ask();
	clock.now += 270_001;
	await ask();
	t.is(new Set(tags).size, tags.length, JSON.stringify(tags));
});

test('time alone changes no tag', async t => {
	const {put, clock, target} = await startRegistry(t);
	await put(1);
	const ask = async () => (await send(target, {path: advertisements})).headers['etag'];
	const before = await ask();
	clock.now += 299_999;
	t.is(await ask(), before);
	clock.now += 1;
	t.not(await ask(), before);
});

test('an answer without content costs as much of the limit as any other', async t => {
	const {url} = await startDaemon(t, 'discovery', {environment: {DISCOVERY_RATE_LIMIT_PER_MINUTE: '2'}});
	const {headers} = await send({url}, {path: advertisements});
	const ask = () => send({url}, {path: advertisements, headers: {'If-None-Match': String(headers['etag'])}});
	const second = await ask();
	t.is(second.status, 304);
	t.is(second.headers['ratelimit-remaining'], '0');
	t.is((await ask()).status, 429);
});
