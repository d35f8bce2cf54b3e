import test from 'ava';
import fc from 'fast-check';
import {
	checkSignature,
	checkTimestamp,
	readCredentials,
	requestText,
	type SignedRequest,
	signRequest,
} from '../../../source/protocol/signed-request.js';
import {alice, mallory} from '../../support/identities.js';

const timestamp = '2025-02-20T15:00:00.000Z';
const request: SignedRequest = {
	method: 'POST',
	path: '/api/v1/vms?async=true',
	audience: '0x1111111111111111111111111111111111111111',
	timestamp,
	body: '{"name":"my-webserver","size":"small"}',
};

/** Written down by hand and signed with ethers 6. */
const independent = {
	text: [
		'golem-request-v1',
		'POST /api/v1/vms?async=true',
		'0x1111111111111111111111111111111111111111',
		'2025-02-20T15:00:00.000Z',
		'6126d3f8bbbbc07d890d03be8c97c713299ef5261e77537c3f650f5b39acba87',
	].join('\n'),
	signature:
		'0xf20a5f3b377e2b5dd77910c5507777a80112d279bdec93eb8f5323daf6434c645ff5f8f3a9d9bfa12f323d7143c6ddee8a3ad5b046116d7438dee9accfffe67e1c',
	signatureOfDelete:
		'0xcb95f04ae7cfcffe4e15b2a016163b03f0e4d252978eca7a77826210d04e724e77c0008915a9387160fef8d7bbd0b5580bfbea419b9d9cc9c01b4014c6bd12721c',
};

test('the text of a request and its signature are what another implementation makes of the contract', t => {
	t.is(requestText(request), independent.text);
	t.deepEqual(signRequest(alice, 'Requestor', request), {
		'X-Requestor-ID': alice.id,
		'X-Requestor-Timestamp': timestamp,
		'X-Requestor-Signature': independent.signature,
	});
});

test('a request without a body is signed over the hash of nothing', t => {
	const withdrawal = {
		method: 'DELETE',
		path: `/api/v1/advertisements/${alice.id}`,
		audience: 'discovery.example.org:9001',
		timestamp,
		body: '',
	};
	t.is(
		requestText(withdrawal).split('\n')[4],
		'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
	);
	t.is(signRequest(alice, 'Provider', withdrawal)['X-Provider-Signature'], independent.signatureOfDelete);
});

test('bytes and the text they are the UTF-8 of have the same signature', t => {
	t.is(requestText({...request, body: 'Örebro'}), requestText({...request, body: Buffer.from('Örebro')}));
});

test('each part of a request is under the signature', t => {
	const changes: Array<Partial<SignedRequest>> = [
		{method: 'DELETE'},
		{path: '/api/v1/vms'},
		{path: '/api/v1/vms?async=false'},
		{audience: mallory.id},
		{timestamp: '2025-02-20T15:00:00.001Z'},
		{body: `${String(request.body)} `},
		{body: ''},
	];
	const {signature} = independent;
	t.notThrows(() => checkSignature(requestText(request), {id: alice.id, signature}));
	for (const change of changes) {
		t.throws(
			() => checkSignature(requestText({...request, ...change}), {id: alice.id, signature}),
			{code: 'AUTH_001'},
			JSON.stringify(change),
		);
	}
});

test('another’s signature is refused, and so is none', t => {
	const text = requestText(request);
	for (const signature of [mallory.sign(text), 'signature', '']) {
		t.throws(() => checkSignature(text, {id: alice.id, signature}), {code: 'AUTH_001'});
	}
});

test('credentials are read from headers as node has them, the id in lower case', t => {
	const headers = Object.fromEntries(
		Object.entries(signRequest(alice, 'Provider', request)).map(([name, value]) => [
			name.toLowerCase(),
			value,
		]),
	);
	headers['x-provider-id'] = alice.id.toUpperCase().replace('0X', '0x');
	t.like(readCredentials(headers, 'Provider'), {id: alice.id, timestamp});
});

test('each missing header is named', t => {
	const headers: Record<string, string> = {
		'x-requestor-id': alice.id,
		'x-requestor-timestamp': timestamp,
		'x-requestor-signature': independent.signature,
	};
	for (const name of ['ID', 'Timestamp', 'Signature']) {
		const without = {...headers, [`x-requestor-${name.toLowerCase()}`]: ''};
		const error = t.throws(() => readCredentials(without, 'Requestor'), {code: 'AUTH_003'});
		t.true(error?.message.includes(`X-Requestor-${name}`));
	}

	t.throws(() => readCredentials(headers, 'Provider'), {code: 'AUTH_003'}, 'the other role’s headers');
	t.throws(() => readCredentials({...headers, 'x-requestor-id': 'golem'}, 'Requestor'), {code: 'AUTH_003'});
});

test('a timestamp may be a minute off to either side, to the millisecond', t => {
	const time = Date.parse(timestamp);
	for (const offset of [-60_000, -1, 0, 1, 60_000]) {
		t.is(checkTimestamp(timestamp, time + offset), time);
	}

	for (const offset of [-60_001, 60_001, 86_400_000]) {
		t.throws(() => checkTimestamp(timestamp, time + offset), {code: 'AUTH_002'});
	}
});

test('a timestamp is ISO 8601 in UTC: another way to write the same moment is refused', t => {
	const time = Date.parse(timestamp);
	const spellings = [
		'Thu, 20 Feb 2025 15:00:00 GMT',
		'2025-02-20T16:00:00.000+01:00',
		'20 Feb 2025 15:00 UTC',
		'2025-02-20T15:00:00.000Z ',
		String(time),
		'now',
		'',
	];
	for (const spelling of spellings) {
		t.throws(() => checkTimestamp(spelling, time), {instanceOf: Error}, spelling);
	}
});

test('no two different requests have the same text', t => {
	const part = fc.record({
		method: fc.constantFrom('GET', 'POST', 'DELETE'),
		// Neither a request line nor a header can have a line feed or, in these two, a space.
		path: fc.webPath().map(path => `/${path}`),
		audience: fc.domain(),
		timestamp: fc.date({noInvalidDate: true}).map(date => date.toISOString()),
		body: fc.string(),
	});
	fc.assert(
		fc.property(part, part, (one, other) => {
			t.is(requestText(one) === requestText(other), JSON.stringify(one) === JSON.stringify(other));
		}),
	);
});
