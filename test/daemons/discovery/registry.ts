import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {createRegistry} from '../../../daemons/discovery/registry.js';
import {openStore} from '../../../source/platform/store.js';
import {
	type AdvertisementStatement,
	advertisementLifetimeMs,
	advertisementSchema,
} from '../../../source/protocol/advertisement.js';
import {covers} from '../../../source/protocol/resources.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const startOfTest = Date.parse('2025-02-20T15:00:00.000Z');
const at = (ms: number) => new Date(startOfTest + ms).toISOString();
const provider = (number: number) => `0x${number.toString(16).padStart(40, '0')}`;

function statement(number: number, change: Partial<AdvertisementStatement> = {}): AdvertisementStatement {
	return {
		provider_id: provider(number),
		ip_address: '198.51.100.7',
		country: 'SE',
		resources: {cpu: 4, memory: 8, storage: 100},
		timestamp: at(0),
		signature: '0x',
		...change,
	};
}

/** A registry over a real SQLite file, at a time the test sets. */
async function open(t: ExecutionContext, folder?: string) {
	const clock = {now: startOfTest};
	const file = path.join(folder ?? (await temporaryFolder(t)), 'discovery.db');
	const store = await openStore({file, schema: advertisementSchema, durability: 'normal'});
	t.teardown(async () => store.close());
	return {clock, store, registry: await createRegistry(store, () => clock.now)};
}

test('an advertisement holds for five minutes, and is not found from that moment on', async t => {
	const {registry, clock} = await open(t);
	await registry.put(statement(1));
	clock.now = startOfTest + 299_999;
	t.is(registry.get(provider(1))?.provider_id, provider(1));
	t.is(registry.find({minimum: {}}).length, 1);
	t.is(registry.count(), 1);

	clock.now = startOfTest + 300_000;
	t.is(registry.get(provider(1)), undefined);
	t.deepEqual(registry.find({minimum: {}}), []);
	t.is(registry.count(), 0);
	t.is(advertisementLifetimeMs, 300_000);
});

test('the row of an expired advertisement goes at the clean-up, a live one stays', async t => {
	const {registry, clock, store} = await open(t);
	await registry.put(statement(1));
	clock.now = startOfTest + 200_000;
	await registry.put(statement(2));
	t.is(await registry.cleanUp(), 0);
	clock.now = startOfTest + 300_000;
	t.is((await store.entries()).length, 2);
	t.is(await registry.cleanUp(), 1);
	t.deepEqual(
		(await store.entries()).map(([id]) => id),
		[provider(2)],
	);
	t.is(await registry.cleanUp(), 0);
});

test('posting again makes it live on; when it was first seen stays, and begins anew after it had expired', async t => {
	const {registry, clock} = await open(t);
	await registry.put(statement(1));
	clock.now = startOfTest + 240_000;
	t.like(await registry.put(statement(1, {timestamp: at(240_000)})), {
		created_at: at(0),
		updated_at: at(240_000),
	});
	clock.now = startOfTest + 539_999;
	t.truthy(registry.get(provider(1)));
	clock.now = startOfTest + 540_000;
	t.like(await registry.put(statement(1, {timestamp: at(540_000)})), {created_at: at(540_000)});
});

test('an older statement than the known one is refused and changes nothing', async t => {
	const {registry} = await open(t);
	await registry.put(statement(1, {timestamp: at(1000), country: 'NO'}));
	await t.throwsAsync(registry.put(statement(1, {timestamp: at(999)})), {code: 'AUTH_002'});
	t.like(registry.get(provider(1)), {timestamp: at(1000), country: 'NO'});
	await t.notThrowsAsync(registry.put(statement(1, {timestamp: at(1000)})), 'the same one may come again');
	await t.notThrowsAsync(
		registry.put(statement(2, {timestamp: at(0)})),
		'another provider’s clock is its own',
	);
});

test('an older statement that comes while a newer one is being stored does not win', async t => {
	const {registry, store} = await open(t);
	await Promise.allSettled([
		registry.put(statement(1, {timestamp: at(1000), country: 'NO'})),
		registry.put(statement(1, {timestamp: at(0), country: 'SE'})),
	]);
	t.is(registry.get(provider(1))?.country, 'NO');
	t.is((await store.get(provider(1)))?.country, 'NO');
});

test('what was withdrawn is gone, from the store too', async t => {
	const {registry, store} = await open(t);
	await registry.put(statement(1));
	t.true(await registry.remove(provider(1)));
	t.false(await registry.remove(provider(1)));
	t.is(registry.get(provider(1)), undefined);
	t.deepEqual(await store.entries(), []);
});

test('the freshest come first', async t => {
	const {registry, clock} = await open(t);
	for (const [position, number] of [3, 1, 2].entries()) {
		clock.now = startOfTest + position;
		await registry.put(statement(number));
	}

	t.deepEqual(
		registry.find({minimum: {}}).map(found => found.provider_id),
		[2, 1, 3].map(provider),
	);
});

test('two advertisements of one provider never have the same time, and a clock that was set back counts anew', async t => {
	const {registry, clock} = await open(t);
	for (const expected of [0, 1, 2]) {
		t.like(await registry.put(statement(1)), {updated_at: at(expected)});
	}

	clock.now = startOfTest - 3_600_000;
	t.like(await registry.put(statement(1)), {updated_at: at(-3_600_000)});
});

test('the order is the same after a new start', async t => {
	const folder = await temporaryFolder(t);
	const first = await open(t, folder);
	for (const number of [5, 3, 9, 1]) {
		first.clock.now += 1000;
		await first.registry.put(statement(number));
	}

	await first.registry.put(statement(2));
	const second = await open(t, folder);
	t.deepEqual(
		second.registry.find({minimum: {}}).map(({provider_id}) => provider_id),
		[1, 2, 9, 3, 5].map(provider),
	);
});

test('a new start finds what the store still has, with its time of expiry', async t => {
	const folder = await temporaryFolder(t);
	const first = await open(t, folder);
	await first.registry.put(statement(1, {extra: {kept: true}}));

	const second = await open(t, folder);
	second.clock.now = startOfTest + 299_999;
	t.deepEqual(second.registry.get(provider(1)), first.registry.get(provider(1)));
	second.clock.now = startOfTest + 300_000;
	t.is(second.registry.get(provider(1)), undefined);
});

test('a query finds exactly those that have enough of everything and are in the country', async t => {
	const amount = fc.integer({min: 1, max: 5});
	const resources = fc.record({cpu: amount, memory: amount, storage: amount});
	const country = fc.constantFrom('SE', 'NO', 'FI');
	const {registry} = await open(t);
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.record({resources, country}), {minLength: 1, maxLength: 8}),
			fc.record({minimum: fc.record({cpu: amount, memory: amount, storage: amount}, {requiredKeys: []})}),
			fc.option(country, {nil: undefined}),
			async (offers, {minimum}, wantedCountry) => {
				for (const [number, offer] of offers.entries()) {
					await registry.put(statement(number, offer));
				}

				const wanted = {cpu: 0, memory: 0, storage: 0, ...minimum};
				const expected = offers.flatMap((offer, number) =>
					covers(offer.resources, wanted) && (wantedCountry ?? offer.country) === offer.country
						? [provider(number)]
						: [],
				);
				const found = registry.find({minimum, country: wantedCountry}).map(({provider_id}) => provider_id);
				t.deepEqual(found.sort(), expected.sort());
				await Promise.all(offers.map(async (_, number) => registry.remove(provider(number))));
			},
		),
		{numRuns: 40},
	);
});
