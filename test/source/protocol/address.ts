import test from 'ava';
import fc from 'fast-check';
import {isLoopbackAddress, isPublicAddress, normaliseAddress} from '../../../source/protocol/address.js';

test('addresses of the internet are public', t => {
	for (const address of ['8.8.8.8', '203.0.112.255', '::ffff:8.8.8.8', '2606:4700::1111']) {
		t.true(isPublicAddress(address), address);
	}
});

const notPublic = {
	'private or of one machine': [
		'10.0.0.1',
		'172.16.0.1',
		'172.31.255.255',
		'192.168.1.1',
		'127.0.0.1',
		'127.255.0.1',
	],
	'shared, documentation, benchmark, reserved': [
		'100.64.0.1',
		'169.254.169.254',
		'192.0.2.1',
		'198.18.0.1',
		'203.0.113.1',
		'240.0.0.1',
		'255.255.255.255',
		'224.0.0.1',
		'0.0.0.0',
	],
	'IPv4 in IPv6’s clothes': [
		'::ffff:10.0.0.1',
		'::ffff:a00:1',
		'0:0:0:0:0:ffff:7f00:1',
		'::10.0.0.1',
		'::ffff:0:10.0.0.1',
		'64:ff9b::10.0.0.1',
		'2002:a00:1::1',
		'::7f00:1',
		'2606:4700::5efe:a00:1',
		'2606:4700::200:5efe:808:808',
	],
	'IPv6 that stays at home': [
		'::1',
		'::',
		'fe80::1',
		'fe80::1%eth0',
		'fc00::1',
		'fd12::1',
		'fec0::1',
		'ff02::1',
		'2001:db8::1',
		'3ffe::1',
		'4000::1',
	],
	'odd spellings': ['127.1', '0x7f.1', '2130706433', '0177.0.0.1', '10.1'],
	'no address': ['', 'localhost', 'example.org', '1.2.3.4.5', '8.8.8.8:80', ' 8.8.8.8', '999.1.1.1'],
};

for (const [kind, addresses] of Object.entries(notPublic)) {
	test(`${kind}: not public`, t => {
		for (const address of addresses) {
			t.false(isPublicAddress(address), address);
		}
	});
}

test('no IPv4 address of a private range is public in any spelling', t => {
	const octet = fc.nat({max: 255});
	const privateAddress = fc.oneof(
		fc.tuple(fc.constant(10), octet, octet, octet),
		fc.tuple(fc.constant(127), octet, octet, octet),
		fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
		fc.tuple(fc.constant(172), fc.integer({min: 16, max: 31}), octet, octet),
		fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
	);
	fc.assert(
		fc.property(privateAddress, ([a, b, c, d]) => {
			const hex = [a * 256 + b, c * 256 + d].map(group => group.toString(16)).join(':');
			const spellings = [
				`${a}.${b}.${c}.${d}`,
				`::ffff:${a}.${b}.${c}.${d}`,
				`::FFFF:${hex}`,
				`0:0:0:0:0:ffff:${hex}`,
				String(((a * 256 + b) * 256 + c) * 256 + d),
				`0x${a.toString(16)}.${b}.${c}.${d}`,
			];
			for (const spelling of spellings) {
				t.false(isPublicAddress(spelling), spelling);
			}
		}),
	);
});

test('loopback is known in each of its forms', t => {
	for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '0:0:0:0:0:0:0:1']) {
		t.true(isLoopbackAddress(address), address);
	}

	for (const address of ['128.0.0.1', '::2', '10.0.0.1', 'localhost', '']) {
		t.false(isLoopbackAddress(address), address);
	}
});

test('one address has one spelling', t => {
	t.is(normaliseAddress('::FFFF:8.8.8.8'), '8.8.8.8');
	t.is(normaliseAddress('2606:4700:0:0::1111'), '2606:4700::1111');
	t.is(normaliseAddress('nowhere'), undefined);
	fc.assert(
		fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), address => {
			const once = normaliseAddress(address);
			t.not(once, undefined);
			t.is(normaliseAddress(once ?? ''), once);
		}),
	);
});
