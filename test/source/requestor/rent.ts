import type http from 'node:http';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {createIdentity, createPrivateKey} from '../../../source/protocol/identity.js';
import {vmSizes} from '../../../source/protocol/resources.js';
import {destroyRental} from '../../../source/requestor/destroy.js';
import {mustListen} from '../../../source/requestor/reachability.js';
import {type RentOptions, rentVm} from '../../../source/requestor/rent.js';
import {createRequestor, type Requestor} from '../../../source/requestor/requestor.js';
import {alice, mallory} from '../../support/identities.js';
import {freePort} from '../../support/ports.js';
import {temporaryFolder} from '../../support/temporary-folder.js';
import {advertisement, answer, discovery, job, refusal, serve} from './_stand-ins.js';

/*
Discovery and provider are stand-ins here: real HTTP servers that answer what a test tells them to, faults included that
the real ones cannot be talked into. Renting from the real ones is test/e2e.
*/

async function createTestRequestor(t: ExecutionContext, urls: string[]): Promise<Requestor> {
	const home = path.join(await temporaryFolder(t), 'home');
	const requestor = createRequestor(golemPaths(home), {
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: urls.join(',')},
		dotEnv: {},
		config: {},
	});
	t.teardown(() => requestor.close());
	return requestor;
}

const order = (name: string, change: Partial<RentOptions> = {}) => ({
	name,
	resources: vmSizes.small,
	timeoutMs: 10_000,
	noWait: true,
	onProgress() {},
	signal: AbortSignal.timeout(20_000),
	...change,
});

/** A provider that takes orders; `refuse` may answer first. */
async function provider(
	t: ExecutionContext,
	refuse: (orders: number, response: http.ServerResponse) => boolean = () => false,
) {
	const orders: Array<{key: string; body: unknown}> = [];
	const {port} = await serve(t, (request, body, response) => {
		if (request.method === 'POST') {
			orders.push({key: String(request.headers['idempotency-key']), body: JSON.parse(body)});
			if (!refuse(orders.length, response)) {
				answer(response, job('web'), 202);
			}
		} else if (!refuse(-1, response)) {
			answer(response, {code: 'VM_002', message: 'none', timestamp: new Date().toISOString()}, 404);
		}
	});
	const {url} = await discovery(t, () => [advertisement(alice, {port})]);
	return {orders, requestor: await createTestRequestor(t, [url])};
}

test('an order whose answer was lost is sent again with the same key and the same words', async t => {
	const {requestor, orders} = await provider(t, (count, response) => {
		if (count === 1) {
			response.socket?.destroy();
		}

		return count === 1;
	});
	const error = await t.throwsAsync(rentVm(requestor, order('web')), {instanceOf: GolemError});
	t.is(error?.code, 'NOT_REACHABLE');
	const unfinished = await requestor.rental('web');
	t.is(unfinished.vm_id, null, 'it is on disk what was intended');

	const {rental} = await rentVm(requestor, order('web'));
	t.is(rental.vm_id, 'golem-web');
	t.is(orders.length, 2);
	t.deepEqual(orders[0], orders[1]);
	t.is(orders[0]?.key, unfinished.idempotency_key);
});

test('of two calls at once for one name, one orders and the other is told that the name is taken', async t => {
	const {requestor, orders} = await provider(t);
	const results = await Promise.allSettled([
		rentVm(requestor, order('web')),
		rentVm(requestor, order('web')),
	]);
	const refusals = results.flatMap(result => (result.status === 'rejected' ? [result.reason.code] : []));
	t.deepEqual(refusals, ['VM_003']);
	t.is(orders.length, 1, 'nobody is left with a VM that nothing remembers');
	const {idempotency_key} = await requestor.rental('web');
	t.is(orders[0]?.key, idempotency_key);
});

test('what is intended is on disk before the provider is asked', async t => {
	let stored: Promise<string | undefined> | undefined;
	const {requestor, orders} = await provider(t, () => {
		stored = requestor.rental('web').then(
			({idempotency_key}) => idempotency_key,
			() => undefined,
		);
		return false;
	});
	await rentVm(requestor, order('web'));
	t.is(await stored, orders[0]?.key);
});

for (const [code, status] of [
	['RES_001', 409],
	['IMG_001', 400],
	['NET_003', 409],
	['VM_003', 409],
] as const) {
	test(`a provider that says no (${code}) leaves nothing to come back to`, async t => {
		const {requestor} = await provider(t, refusal(code, status));
		const error = await t.throwsAsync(rentVm(requestor, order('web')), {instanceOf: GolemError});
		t.is(error?.code, code);
		await t.throwsAsync(requestor.rental('web'), {code: 'VM_UNKNOWN'});
	});
}

for (const [code, status] of [
	['SRV_001', 500],
	['SRV_002', 503],
	['VM_001', 500],
] as const) {
	test(`a provider that fails (${code}) may have the VM all the same, so the intent stays`, async t => {
		const {requestor} = await provider(t, refusal(code, status));
		await t.throwsAsync(rentVm(requestor, order('web')), {code});
		t.is((await requestor.rental('web')).vm_id, null);
	});
}

for (const [code, status] of [
	['RATE_001', 429],
	['AUTH_002', 401],
] as const) {
	test(`after a lost answer, a refusal that says nothing about the VM (${code}) does not make it forgotten`, async t => {
		const {requestor} = await provider(t, (count, response) => {
			if (count === 1) {
				response.socket?.destroy();
				return true;
			}

			return refusal(code, status)(count, response);
		});
		await t.throwsAsync(rentVm(requestor, order('web')), {code: 'NOT_REACHABLE'});
		await t.throwsAsync(rentVm(requestor, order('web')), {code});
		t.is((await requestor.rental('web')).vm_id, null);
	});
}

test('a name that is in use is refused before anybody is asked', async t => {
	const {requestor, orders} = await provider(t);
	await rentVm(requestor, order('web'));
	const error = await t.throwsAsync(rentVm(requestor, order('web')), {instanceOf: GolemError});
	t.is(error?.code, 'VM_003');
	t.is(error?.exitCode, exitCodes.conflict);
	t.is(orders.length, 1);
});

test('a VM its provider does not know any more is only forgotten', async t => {
	const {requestor} = await provider(t);
	const {rental} = await rentVm(requestor, order('web'));
	await destroyRental(requestor, rental);
	await t.throwsAsync(requestor.rental('web'), {code: 'VM_UNKNOWN'});
});

test('a VM whose provider cannot be asked is not forgotten', async t => {
	const {requestor} = await provider(t, (count, response) => {
		if (count === -1) {
			response.socket?.destroy();
		}

		return count === -1;
	});
	const {rental} = await rentVm(requestor, order('web'));
	await t.throwsAsync(destroyRental(requestor, rental), {code: 'NOT_REACHABLE'});
	t.is((await requestor.rental('web')).vm_id, 'golem-web');
});

test('advertisements that their provider did not sign are as if they were not there', async t => {
	const genuine = advertisement(alice);
	const foreign = advertisement(mallory);
	const {url} = await discovery(t, () => [
		{...genuine, ip_address: '6.6.6.6'},
		{...genuine, resources: {cpu: 4096, memory: 8, storage: 100}},
		{...genuine, port: 6666},
		{...genuine, timestamp: new Date(Date.now() + 1000).toISOString()},
		{...genuine, note: 'added on the way'},
		{...foreign, provider_id: alice.id},
		{...genuine, signature: foreign.signature},
		{...genuine, signature: '0x'},
		{...genuine, provider_id: 'nobody'},
		{half: 'an advertisement'},
		null,
		'text',
	]);
	const requestor = await createTestRequestor(t, [url]);
	t.deepEqual(await requestor.findProviders({}), []);
	await t.throwsAsync(rentVm(requestor, order('web')), {code: 'NO_PROVIDER'});
});

test('a genuine advertisement is found among forged ones, with fields this version does not know', async t => {
	const genuine = advertisement(alice, {motto: 'fast and cheap'});
	const {url} = await discovery(t, () => [
		{...advertisement(mallory), provider_id: alice.id},
		genuine,
		{half: 'an advertisement'},
	]);
	const requestor = await createTestRequestor(t, [url]);
	t.deepEqual(await requestor.findProviders({}), [genuine]);
});

test('of what several servers say of one provider, its newest word counts', async t => {
	const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
	const older = advertisement(alice, {resources: {cpu: 8, memory: 8, storage: 100}}, minutesAgo(2));
	const newer = advertisement(alice, {resources: {cpu: 2, memory: 8, storage: 100}}, minutesAgo(1));
	const servers = await Promise.all([discovery(t, () => [newer]), discovery(t, () => [older])]);
	const requestor = await createTestRequestor(
		t,
		servers.map(({url}) => url),
	);
	t.deepEqual(await requestor.findProviders({}), [newer]);
});

test('one discovery server that answers is enough', async t => {
	const {url} = await discovery(t, () => [advertisement(alice)]);
	const requestor = await createTestRequestor(t, ['http://127.0.0.1:1', url]);
	t.is((await requestor.findProviders({})).length, 1);
});

test('a discovery server that is silent is not waited for long where another one answers', async t => {
	const silent = await serve(t, () => {});
	const {url} = await discovery(t, () => [advertisement(alice)]);
	const requestor = await createTestRequestor(t, [silent.url, url]);
	// All that a silent one has by itself is 15 s.
	const found = await requestor.findProviders({}, AbortSignal.timeout(12_000));
	t.deepEqual(
		found.map(({provider_id}) => provider_id),
		[alice.id],
	);
});

test('where no discovery server answers, that is the error', async t => {
	const requestor = await createTestRequestor(t, ['http://127.0.0.1:1']);
	await t.throwsAsync(requestor.findProviders({}), {code: 'NOT_REACHABLE'});
});

test('the provider that is named is the one that is asked', async t => {
	const {orders, requestor} = await provider(t);
	await t.throwsAsync(rentVm(requestor, order('web', {providerId: mallory.id})), {code: 'NO_PROVIDER'});
	t.is(orders.length, 0);
	await rentVm(requestor, order('web', {providerId: alice.id}));
	t.is(orders.length, 1);
});

/** Somebody who answers orders so; it counts them. */
async function somebody(
	t: ExecutionContext,
	refuse: (orders: number, response: http.ServerResponse) => boolean = () => false,
) {
	const orders: string[] = [];
	const {port} = await serve(t, (request, _body, response) => {
		orders.push(`${request.method} ${request.url}`);
		if (!refuse(orders.length, response)) {
			answer(response, job('web'), 202);
		}
	});
	return {identity: createIdentity(createPrivateKey()), port, orders};
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();

/** Rents where these offer something, the first the freshest; tells what was said meanwhile. */
async function rentAmong(
	t: ExecutionContext,
	providers: Array<Awaited<ReturnType<typeof somebody>>>,
	change: Partial<RentOptions> = {},
) {
	const {url} = await discovery(t, () =>
		providers.map(({identity, port}, index) => advertisement(identity, {port}, secondsAgo(index * 10))),
	);
	const requestor = await createTestRequestor(t, [url]);
	const messages: string[] = [];
	const result = rentVm(
		requestor,
		order('web', {onProgress: ({message}) => void messages.push(message), ...change}),
	);
	return {requestor, messages, result};
}

for (const [code, status] of [
	['RES_001', 409],
	['RES_002', 409],
	['RES_003', 503],
	['NET_003', 409],
	['IMG_001', 400],
	['RATE_001', 429],
] as const) {
	test(`where the first has no room (${code}), the next is asked, and that is told`, async t => {
		const [full, free] = [await somebody(t, refusal(code, status)), await somebody(t)];
		const {result, messages, requestor} = await rentAmong(t, [full, free]);
		const {rental} = await result;
		t.is(rental.provider.id, free.identity.id);
		t.deepEqual([full.orders.length, free.orders.length], [1, 1]);
		t.deepEqual(await requestor.rental('web'), rental);
		t.is(messages.filter(message => message.endsWith('trying the next')).length, 1, messages.join('\n'));
		t.regex(messages[1] ?? '', /^0x[0-9a-f]{6}….* fits; heard of \d s ago$/);
	});
}

test('where nobody is at the first one’s address, the next is asked', async t => {
	const [gone, free] = [{...(await somebody(t)), port: await freePort()}, await somebody(t)];
	for (const mustBeThere of [undefined, mustListen]) {
		const {result, messages} = await rentAmong(t, [gone, free], {mustBeThere});
		t.is((await result).rental.provider.id, free.identity.id);
		t.true(messages.some(message => /cannot be reached; trying the next/.test(message)));
	}
});

for (const [what, refuse] of [
	['breaks off', (_: number, response: http.ServerResponse) => Boolean(response.socket?.destroy())],
	['fails (SRV_001)', refusal('SRV_001', 500)],
] as const) {
	test(`an order that ${what} may have been accepted, and is sent to nobody else`, async t => {
		const [first, second] = [await somebody(t, refuse), await somebody(t)];
		const {result, requestor} = await rentAmong(t, [first, second], {mustBeThere: mustListen});
		const error = await t.throwsAsync(result, {instanceOf: GolemError});
		t.regex(error?.hint ?? '', /golem vm create web .* golem vm destroy web/);
		t.is(second.orders.length, 0);
		t.like(await requestor.rental('web'), {vm_id: null, provider: {id: first.identity.id}});
	});
}

test('a refusal that is about the order and not about the provider goes to nobody else', async t => {
	const [first, second] = [await somebody(t, refusal('VM_003', 409)), await somebody(t)];
	const {result} = await rentAmong(t, [first, second]);
	await t.throwsAsync(result, {code: 'VM_003'});
	t.is(second.orders.length, 0);
});

test('a provider that was named is not replaced', async t => {
	const [first, second] = [await somebody(t, refusal('RES_001', 409)), await somebody(t)];
	const {result, requestor} = await rentAmong(t, [first, second], {providerId: first.identity.id});
	await t.throwsAsync(result, {code: 'RES_001'});
	t.is(second.orders.length, 0);
	await t.throwsAsync(requestor.rental('web'), {code: 'VM_UNKNOWN'});
});

test('of an order that found nobody to take it nothing is left', async t => {
	const gone = {...(await somebody(t)), port: await freePort()};
	const {result, requestor} = await rentAmong(t, [gone]);
	const error = await t.throwsAsync(result, {instanceOf: GolemError});
	t.is(error?.code, 'NOT_REACHABLE');
	t.regex(error?.hint ?? '', /^Nothing was rented/);
	await t.throwsAsync(requestor.rental('web'), {code: 'VM_UNKNOWN'});
});

test('five are asked at most, and the error tells of each', async t => {
	const all = await Promise.all(
		Array.from({length: 7}, (_, index) =>
			somebody(t, index % 2 === 0 ? refusal('RES_001', 409) : refusal('NET_003', 409)),
		),
	);
	const {result} = await rentAmong(t, all);
	const error = await t.throwsAsync(result, {instanceOf: GolemError});
	t.is(error?.code, 'NO_PROVIDER');
	t.is(error?.exitCode, exitCodes.conflict);
	t.like(error?.details, {
		tried: all.slice(0, 5).map(({identity}, index) => ({
			provider_id: identity.id,
			code: index % 2 === 0 ? 'RES_001' : 'NET_003',
			message: 'No.',
		})),
	});
	t.deepEqual(
		all.map(({orders}) => orders.length),
		[1, 1, 1, 1, 1, 0, 0],
	);
});

for (const [what, answers] of [
	['a provider is looked for', 0],
	['the provider decides', 1],
	['it boots', 2],
] as const) {
	test(`the time is over while ${what}: exit status 7, and what exists`, async t => {
		const silent = await serve(t, () => {});
		const slow = await serve(t, (request, _body, response) => {
			if (answers === 2) {
				if (request.url?.endsWith('/events')) {
					response.writeHead(200, {'Content-Type': 'text/event-stream'});
				} else {
					answer(response, job('web'), 202);
				}
			}
		});
		const {url} =
			answers === 0 ? silent : await discovery(t, () => [advertisement(alice, {port: slow.port})]);
		const requestor = await createTestRequestor(t, [url]);
		await requestor.sshKey();
		const error = await t.throwsAsync(rentVm(requestor, order('web', {timeoutMs: 5000, noWait: false})), {
			instanceOf: GolemError,
		});
		t.is(error?.code, 'NET_001');
		t.is(error?.exitCode, exitCodes.timedOut);
		if (answers === 0) {
			t.regex(error?.message ?? '', /nothing was rented/);
			await t.throwsAsync(requestor.rental('web'), {code: 'VM_UNKNOWN'});
		} else {
			t.regex(error?.message ?? '', answers === 1 ? /was asked for web, and may have it/ : /was accepted by/);
			t.regex(error?.hint ?? '', /golem vm create web .* golem vm destroy web/);
			t.is((await requestor.rental('web')).vm_id, answers === 1 ? null : 'golem-web');
		}
	});
}
