import test from 'ava';
import fc from 'fast-check';
import {send} from '../../support/http.js';
import {advertisements, idsOf, provider, readPages, startRegistry} from './_pages.js';

test('the links lead through all that fit, freshest first, to a last page without one', async t => {
	const {put, clock, target} = await startRegistry(t);
	for (let number = 0; number < 7; number++) {
		clock.now += 1000;
		await put(number, {country: number === 3 ? 'NO' : 'SE'});
	}

	const answers = await readPages(target, 'country=SE&limit=4');
	t.deepEqual(answers.map(idsOf), [[6, 5, 4, 2].map(provider), [1, 0].map(provider)]);
	t.deepEqual(
		answers.map(({headers}) => headers['x-total-count']),
		['6', '6'],
	);
	t.regex(
		String(answers[0]?.headers['link']),
		/^<\/api\/v1\/advertisements\?country=SE&limit=4&cursor=[\w-]{35}>; rel="next"$/,
	);
});

test('a page that has exactly the rest is the last', async t => {
	const {put, target} = await startRegistry(t);
	for (const number of [1, 2, 3, 4]) {
		await put(number);
	}

	t.deepEqual(
		(await readPages(target, 'limit=2')).map(answer => idsOf(answer).length),
		[2, 2],
	);
	t.is((await readPages(target, 'limit=4')).length, 1);
});

test('a hundred come where nothing is said, and a thousand at most', async t => {
	const {put, target} = await startRegistry(t);
	for (let number = 0; number < 101; number++) {
		await put(number);
	}

	t.deepEqual(
		(await readPages(target, '')).map(answer => idsOf(answer).length),
		[100, 1],
	);
	t.is((await readPages(target, 'limit=1000')).length, 1);
	t.is((await send(target, {path: `${advertisements}?limit=1001`})).json.code, 'REQ_001');
});

test('whatever changes between the pages, what does not change is on exactly one of them', async t => {
	const number = fc.nat({max: 11});
	const change = fc.oneof(
		fc.record({kind: fc.constant('put'), number: fc.nat({max: 15})}),
		fc.record({kind: fc.constant('remove'), number}),
		fc.record({kind: fc.constant('wait'), number: fc.nat({max: 2})}),
	);
	const {put, registry, clock, target} = await startRegistry(t);
	await fc.assert(
		fc.asyncProperty(
			// Several of one millisecond are told apart by their ids.
			fc.array(fc.record({number, waitMs: fc.nat({max: 1})}), {minLength: 1, maxLength: 12}),
			fc.integer({min: 1, max: 4}),
			fc.array(fc.array(change, {maxLength: 4}), {maxLength: 12}),
			async (first, limit, changes) => {
				for (const {number, waitMs} of first) {
					clock.now += waitMs;
					await put(number);
				}

				const steady = new Set(registry.find({minimum: {}}).map(({provider_id}) => provider_id));
				const answers = await readPages(target, `limit=${limit}`, async page => {
					for (const {kind, number} of changes[page - 1] ?? []) {
						if (kind === 'wait') {
							clock.now += number;
							continue;
						}

						steady.delete(provider(number));
						await (kind === 'put' ? put(number) : registry.remove(provider(number)));
					}
				});
				const read = answers.flatMap(idsOf).filter(id => steady.has(id));
				t.deepEqual(read.toSorted(), [...steady].sort());
				for (let number = 0; number <= 15; number++) {
					await registry.remove(provider(number));
				}
			},
		),
		{numRuns: 60},
	);
});

test('what is no cursor of ours is REQ_001, and named', async t => {
	const {put, target} = await startRegistry(t);
	await put(1);
	await put(2);
	const [page] = await readPages(target, 'limit=1');
	const [, good = ''] = /cursor=([\w-]+)/.exec(String(page?.headers['link'])) ?? [];
	t.is((await send(target, {path: `${advertisements}?cursor=${good}`})).status, 200);
	for (const cursor of [
		'',
		'1',
		`${good}A`,
		good.slice(1),
		`${good.slice(1)}!`,
		`${good.slice(0, -1)}_`,
		'x'.repeat(5000),
	]) {
		const answer = await send(target, {path: `${advertisements}?cursor=${cursor}`});
		t.is(answer.status, 400, cursor);
		t.is(answer.json.code, 'REQ_001');
		t.deepEqual(
			answer.json.details.issues.map(({path}: {path: string}) => path),
			['cursor'],
		);
	}
});

test('a page of very long advertisements ends early, and the next one goes on', async t => {
	const {put, target} = await startRegistry(t);
	const long = {filling: 'x'.repeat(60_000)};
	for (let number = 0; number < 150; number++) {
		await put(number, long);
	}

	const answers = await readPages(target, 'limit=1000');
	t.is(answers.length, 2);
	t.true(answers.every(({text}) => text.length <= 8 * 1024 * 1024 + 1000));
	t.is(new Set(answers.flatMap(idsOf)).size, 150);
});
