import test from 'ava';
import {createClientAddressFinder, trustedProxiesSchema} from '../../../daemons/host/client-address.js';

/** Where a request over a connection from that address comes from. */
const find = (trusted: readonly string[], remoteAddress: string, forwardedFor?: string) =>
	createClientAddressFinder(trusted)({
		headers: forwardedFor === undefined ? {} : {'x-forwarded-for': forwardedFor},
		socket: {remoteAddress},
	});

test('without trusted proxies X-Forwarded-For means nothing', t => {
	t.is(find([], '198.51.100.1', '203.0.113.9'), '198.51.100.1');
	t.is(find(['10.0.0.0/8'], '198.51.100.1', '203.0.113.9'), '198.51.100.1');
});

test('a trusted proxy says whom it was called from', t => {
	t.is(find(['10.0.0.1'], '10.0.0.1', '203.0.113.9'), '203.0.113.9');
	t.is(find(['10.0.0.0/8'], '10.9.9.9', '203.0.113.9'), '203.0.113.9');
	t.is(find(['2001:db8::/32'], '2001:db8::5', '2001:db9::7'), '2001:db9::7');
	t.is(find(['10.0.0.1'], '::ffff:10.0.0.1', '::ffff:203.0.113.9'), '203.0.113.9');
});

test('what a caller wrote into the header itself is not believed', t => {
	t.is(find(['10.0.0.0/8'], '10.0.0.1', '8.8.8.8, 203.0.113.9'), '203.0.113.9');
	t.is(find(['10.0.0.0/8'], '10.0.0.1', '8.8.8.8, 203.0.113.9, 10.0.0.2,10.0.0.3'), '203.0.113.9');
	t.is(find(['10.0.0.0/8'], '10.0.0.1', '8.8.8.8, unknown, 10.0.0.2'), '10.0.0.2');
});

test('a request that never left the proxies comes from the first of them', t => {
	t.is(find(['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2'), '10.0.0.3');
	t.is(find(['10.0.0.0/8'], '10.0.0.1', ''), '10.0.0.1');
	t.is(find(['10.0.0.0/8'], '10.0.0.1'), '10.0.0.1');
});

test('a port beside an address is no part of it', t => {
	t.is(find(['10.0.0.1'], '10.0.0.1', '203.0.113.9:4711'), '203.0.113.9');
	t.is(find(['10.0.0.1'], '10.0.0.1', '[2001:db8::7]:4711'), '2001:db8::7');
});

test('a connection that is gone already has no address, and is nobody’s proxy', t => {
	t.is(
		createClientAddressFinder(['0.0.0.0/0', '::/0'])({headers: {'x-forwarded-for': '8.8.8.8'}, socket: {}}),
		'',
	);
});

test('a setting takes addresses and ranges, and nothing else', t => {
	t.deepEqual(trustedProxiesSchema.parse('127.0.0.1, 10.0.0.0/8,2001:db8::/32'), [
		'127.0.0.1',
		'10.0.0.0/8',
		'2001:db8::/32',
	]);
	for (const bad of ['proxy.example', '10.0.0.0/33', '10.0.0.0/8/8']) {
		t.false(trustedProxiesSchema.safeParse(bad).success, bad);
	}
});
