import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {type Advertisement, signAdvertisement} from '../../../source/protocol/advertisement.js';
import type {Identity} from '../../../source/protocol/identity.js';
import {vmSizes} from '../../../source/protocol/resources.js';
import {destroyRental} from '../../../source/requestor/destroy.js';
import {rentVm} from '../../../source/requestor/rent.js';
import {createRequestor, type Requestor} from '../../../source/requestor/requestor.js';
import {alice, mallory} from '../../support/identities.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

/*
Discovery and provider are stand-ins here: real HTTP servers that answer what a test tells them to, faults included that
the real ones cannot be talked into. Renting from the real ones is test/e2e.
*/

type Handler = (request: http.IncomingMessage, body: string, response: http.ServerResponse) => void;

async function serve(t: ExecutionContext, handle: Handler): Promise<{url: string; port: number}> {
	const server = http.createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => handle(request, body, response));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const {port} = server.address() as AddressInfo;
	return {url: `http://127.0.0.1:${port}`, port};
}

function answer(response: http.ServerResponse, body: unknown, status = 200): void {
	response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(body));
}

/** A discovery server that hands out these advertisements. */
const discovery = (t: ExecutionContext, advertisements: () => unknown[]) =>
	serve(t, (_request, _body, response) => answer(response, advertisements()));

function advertisement(
	identity: Identity,
	change: Partial<Advertisement> = {},
	timestamp = new Date().toISOString(),
): Advertisement {
	const body = {
		ip_address: '127.0.0.1',
		port: 7466,
		country: 'SE',
		resources: {cpu: 4, memory: 8, storage: 100},
		...change,
	};
	return {
		...body,
		provider_id: identity.id,
		timestamp,
		signature: String(signAdvertisement(identity, body, timestamp)['X-Provider-Signature']),
		created_at: timestamp,
		updated_at: timestamp,
	};
}

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

const order = (name: string, change: {providerId?: string; noWait?: boolean} = {}) => ({
	name,
	resources: vmSizes.small,
	timeoutMs: 10_000,
	noWait: true,
	onProgress() {},
	signal: AbortSignal.timeout(20_000),
	...change,
});

const job = (name: string) => ({
	job_id: 'job-1',
	vm_id: `golem-${name}`,
	status: 'pending',
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

const refusal = (code: string, status: number) => (_orders: number, response: http.ServerResponse) => {
	answer(response, {code, message: 'No.', timestamp: new Date().toISOString(), details: {}}, status);
	return true;
};

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
