import test, {type ExecutionContext} from 'ava';
import {createRequestAuthenticator} from '../../../daemons/host/request-signatures.js';
import type {Route} from '../../../daemons/host/router.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import type {Identity} from '../../../source/protocol/identity.js';
import {type SignedRequest, signRequest} from '../../../source/protocol/signed-request.js';
import {startApiServer} from '../../support/api-server.js';
import {send} from '../../support/http.js';
import {alice, mallory} from '../../support/identities.js';

const audience = '0x1111111111111111111111111111111111111111';
const startOfTest = Date.parse('2025-02-20T15:00:00.000Z');

/** A server that says who it thinks sent a request, at a time the test sets. */
async function startServer(t: ExecutionContext) {
	const clock = {now: startOfTest};
	const authenticate = createRequestAuthenticator('Requestor', () => clock.now);
	const whoAmI: Route['handle'] = request => ({body: {id: authenticate(request, audience)}});
	const routes = (['GET', 'POST'] as const).map(method => ({
		method,
		path: '/who',
		summary: 'Who am I?',
		handle: whoAmI,
	}));
	return {...(await startApiServer(t, routes)), clock};
}

function sign(identity: Identity, change: Partial<SignedRequest> = {}): Record<string, string> {
	return signRequest(identity, 'Requestor', {
		method: 'GET',
		path: '/who',
		audience,
		timestamp: new Date(startOfTest).toISOString(),
		body: '',
		...change,
	});
}

test('a signed request is its signer’s', async t => {
	const target = await startServer(t);
	t.deepEqual((await send(target, {path: '/who', headers: sign(alice)})).json, {id: alice.id});
	t.deepEqual((await send(target, {path: '/who', headers: sign(mallory)})).json, {id: mallory.id});
});

test('an unsigned request is AUTH_003', async t => {
	const target = await startServer(t);
	const answer = await send(target, {path: '/who'});
	t.is(answer.status, 401);
	t.is(answer.json.code, 'AUTH_003');
});

test('another’s signature under one’s own id is AUTH_001', async t => {
	const target = await startServer(t);
	const headers = {...sign(mallory), 'X-Requestor-ID': alice.id};
	const answer = await send(target, {path: '/who', headers});
	t.is(answer.status, 401);
	t.is(answer.json.code, 'AUTH_001');
});

test('a request signed for another path, method, body or audience is AUTH_001', async t => {
	const target = await startServer(t);
	const changes: Array<Partial<SignedRequest>> = [
		{path: '/who?more=1'},
		{method: 'POST'},
		{body: '{}'},
		{audience: mallory.id},
	];
	for (const change of changes) {
		const answer = await send(target, {path: '/who', headers: sign(alice, change)});
		t.is(answer.json.code, 'AUTH_001', JSON.stringify(change));
	}

	const withQuery = await send(target, {
		path: '/who?a=1&b=%20',
		headers: sign(alice, {path: '/who?a=1&b=%20'}),
	});
	t.is(withQuery.json.id, alice.id, 'the query counts as it was sent');
	const body = '{"a": "ö"}';
	const withBody = await send(target, {
		method: 'POST',
		path: '/who',
		body,
		headers: sign(alice, {method: 'POST', body}),
	});
	t.is(withBody.json.id, alice.id, 'the body counts as it was sent');
});

test('a request of more than a minute ago, or of the future, is AUTH_002', async t => {
	const target = await startServer(t);
	for (const offset of [-60_001, 60_001]) {
		const timestamp = new Date(startOfTest + offset).toISOString();
		const answer = await send(target, {path: '/who', headers: sign(alice, {timestamp})});
		t.is(answer.status, 401);
		t.is(answer.json.code, 'AUTH_002');
	}
});

test('the same request a second time is AUTH_002, for as long as its timestamp is good', async t => {
	const target = await startServer(t);
	const headers = sign(alice);
	t.is((await send(target, {path: '/who', headers})).status, 200);
	for (const later of [0, 1, 30_000, 59_999, 60_000]) {
		target.clock.now = startOfTest + later;
		const answer = await send(target, {path: '/who', headers});
		t.is(answer.json.code, 'AUTH_002', `${later} ms later`);
	}
});

test('a request of a clock that runs ahead cannot be sent again either', async t => {
	const target = await startServer(t);
	const headers = sign(alice, {timestamp: new Date(startOfTest + 50_000).toISOString()});
	t.is((await send(target, {path: '/who', headers})).status, 200);
	target.clock.now = startOfTest + 100_000;
	t.is((await send(target, {path: '/who', headers})).json.code, 'AUTH_002');
});

test('another spelling of a signature does not make a request new', async t => {
	const target = await startServer(t);
	const headers = sign(alice);
	t.is((await send(target, {path: '/who', headers})).status, 200);
	const signature = headers['X-Requestor-Signature'] ?? '';
	const bytes = Buffer.from(signature.slice(2), 'hex');
	const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
	const mirrored = order - BigInt(`0x${bytes.subarray(32, 64).toString('hex')}`);
	const v = (bytes[64] ?? 0) === 27 ? 28 : 27;
	const spellings = [
		`0x${signature.slice(2).toUpperCase()}`,
		`${signature.slice(0, -2)}0${(bytes[64] ?? 27) - 27}`,
		`0x${bytes.subarray(0, 32).toString('hex')}${mirrored.toString(16).padStart(64, '0')}${v.toString(16)}`,
	];
	for (const spelling of spellings) {
		const answer = await send(target, {
			path: '/who',
			headers: {...headers, 'X-Requestor-Signature': spelling},
		});
		t.is(answer.status, 401, spelling);
	}
});

test('a refused request does not count as received', async t => {
	const target = await startServer(t);
	const forged = {...sign(alice), 'X-Requestor-Signature': mallory.sign('x')};
	t.is((await send(target, {path: '/who', headers: forged})).json.code, 'AUTH_001');
	t.is((await send(target, {path: '/who', headers: sign(alice)})).status, 200);
});

test('the same moment in two requests is fine where they differ, and in those of two people', async t => {
	const target = await startServer(t);
	t.is((await send(target, {path: '/who?a', headers: sign(alice, {path: '/who?a'})})).status, 200);
	t.is((await send(target, {path: '/who?b', headers: sign(alice, {path: '/who?b'})})).status, 200);
	t.is((await send(target, {path: '/who?a', headers: sign(mallory, {path: '/who?a'})})).status, 200);
});

test('what was signed before the server was started is refused: an earlier run may have answered it', async t => {
	const authenticate = createRequestAuthenticator('Requestor', () => startOfTest + 1000);
	const request = (timestamp: number) => ({
		method: 'GET',
		path: '/who',
		headers: Object.fromEntries(
			Object.entries(sign(alice, {timestamp: new Date(timestamp).toISOString()})).map(([name, value]) => [
				name.toLowerCase(),
				value,
			]),
		),
		rawBody: Buffer.alloc(0),
	});
	const error = t.throws(() => authenticate(request(startOfTest), audience), {instanceOf: ApiError});
	t.is(error?.code, 'AUTH_002');
	t.is(error?.headers['Retry-After'], '1');
	t.is(authenticate(request(startOfTest + 1000), audience), alice.id);
});
