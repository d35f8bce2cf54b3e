import net from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {type Caller, createTargetFinder, type TargetRules} from '../../../daemons/port-checker/target.js';
import {isLoopbackAddress, isPublicAddress} from '../../../source/protocol/address.js';

const caller = '8.8.8.8';

/** The address that may be connected to, or the code it is refused with. */
function verdict(
	address: string,
	from = caller,
	rules: Partial<TargetRules> = {},
	headers: Caller['headers'] = {},
) {
	const findTarget = createTargetFinder({allow: [], trustedProxies: [], ownAddresses: () => [], ...rules});
	try {
		return findTarget(address, {remoteAddress: from, headers});
	} catch (error) {
		return String((error as {code?: string}).code);
	}
}

test('a caller may have its own public address checked, in any spelling', t => {
	t.is(verdict('8.8.8.8'), '8.8.8.8');
	t.is(verdict('::ffff:8.8.8.8'), '8.8.8.8');
	t.is(verdict('::ffff:808:808'), '8.8.8.8');
	t.is(verdict('8.8.8.8', '::ffff:8.8.8.8'), '8.8.8.8');
	t.is(verdict('2606:4700:0:0::1111', '2606:4700::1111'), '2606:4700::1111');
});

test('another’s address is PORT_004', t => {
	t.is(verdict('1.1.1.1'), 'PORT_004');
	t.is(verdict('2606:4700::1112', '2606:4700::1111'), 'PORT_004');
});

const notOnTheInternet = [
	...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '127.0.0.1', '127.255.255.254', '169.254.169.254'],
	...['172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1'],
	...['198.51.100.1', '203.0.113.1', '224.0.0.1', '239.255.255.250', '240.0.0.1', '255.255.255.255'],
	...['::', '::1', '::2', '::7f00:1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1'],
	...['::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::10.0.0.1', '64:ff9b:1::7f00:1', '100::1'],
	...[
		'2001::1',
		'2001:0:7f00:1::',
		'2001:db8::1',
		'2001:10::1',
		'2001:20::1',
		'2002:7f00:1::',
		'2002:a00:1::1',
	],
	...['2606:4700::5efe:10.0.0.1', '2606:4700::200:5efe:7f00:1', '3ffe::1', '3fff::1', '4000::1', '5f00::1'],
	...['fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1', 'ff02::1', 'ff0e::1'],
];
const notAnAddress = [
	...['', 'nowhere', 'localhost', '127.1', '1', '2130706433', '0x7f000001', '0x7f.0.0.1', '0177.0.0.1'],
	...[
		'017700000001',
		'8.8.8',
		'08.8.8.8',
		'8.8.8.8.',
		' 8.8.8.8',
		'8.8.8.8:80',
		'8.8.8.8/32',
		'8.8.8.8%eth0',
	],
	...['[::1]', '::1%lo', 'fe80::1%eth0', '::ffff:0177.0.0.1', '::ffff:0x7f.1', '2606:4700::1111%eth0'],
];

test('an address that is not on the internet is PORT_001, in any spelling, for a listed caller too', t => {
	for (const address of [...notOnTheInternet, ...notAnAddress]) {
		t.is(verdict(address), 'PORT_001', address);
		t.is(verdict(address, caller, {allow: [caller]}), 'PORT_001', `${address} for a listed caller`);
	}
});

test('what belongs to no machine, or to all, is nobody’s own', t => {
	for (const address of ['0.0.0.0', '0.1.2.3', '::', '224.0.0.1', 'ff02::1', '255.255.255.255']) {
		t.is(verdict(address, address, {allow: [address]}), 'PORT_001', address);
	}
});

test('a caller on the same private network may have its own address checked, not its neighbour’s', t => {
	t.is(verdict('10.0.0.1', '10.0.0.1'), '10.0.0.1');
	t.is(verdict('10.0.0.2', '10.0.0.1'), 'PORT_001');
	t.is(verdict('10.0.0.2', '10.0.0.1', {allow: ['10.0.0.0/8']}), 'PORT_001');
	t.is(verdict('fd00::2', 'fd00::2'), 'fd00::2');
});

test('a caller on this machine may have any of its loopback addresses checked', t => {
	t.is(verdict('127.0.0.1', '127.0.0.1'), '127.0.0.1');
	t.is(verdict('127.0.0.1', '::ffff:127.0.0.1'), '127.0.0.1');
	t.is(verdict('::1', '127.0.0.1'), '::1');
	t.is(verdict('0.0.0.0', '127.0.0.1'), 'PORT_001');
	t.is(verdict('10.0.0.1', '127.0.0.1'), 'PORT_001');
});

test('a listed caller may name any public address, however its own is spelt in the list', t => {
	t.is(verdict('1.1.1.1', caller, {allow: [caller]}), '1.1.1.1');
	t.is(verdict('1.1.1.1', caller, {allow: ['8.8.0.0/16']}), '1.1.1.1');
	t.is(verdict('1.1.1.1', caller, {allow: ['9.9.9.9']}), 'PORT_004');
	t.is(verdict('1.1.1.1', '2606:4700::1111', {allow: ['2606:4700:0::1111']}), '1.1.1.1');
	t.is(verdict('1.1.1.1', caller, {allow: ['::ffff:8.8.8.8']}), '1.1.1.1');
});

test('the checker’s own public address is for callers on that machine only', t => {
	const ownAddresses = () => ['1.1.1.1', '2606:4700::1111'];
	t.is(verdict('1.1.1.1', caller, {allow: [caller], ownAddresses}), 'PORT_001');
	t.is(verdict('::ffff:1.1.1.1', caller, {allow: [caller], ownAddresses}), 'PORT_001');
	t.is(verdict('2606:4700:0::1111', caller, {allow: [caller], ownAddresses}), 'PORT_001');
	t.is(verdict('1.1.1.1', '1.1.1.1', {ownAddresses}), '1.1.1.1');
});

test('through a proxy that nobody has named, nobody gets at the machine it is on', t => {
	const others = [
		{'x-forwarded-for': '203.0.113.9'},
		{'x-forwarded-for': '127.0.0.1, 203.0.113.9'},
		{forwarded: 'for=203.0.113.9'},
		{'x-real-ip': '203.0.113.9'},
		{via: '1.1 proxy'},
	];
	for (const headers of others) {
		for (const address of ['127.0.0.1', '10.0.0.7']) {
			t.is(verdict(address, address, {}, headers), 'PORT_001', JSON.stringify(headers));
			t.is(verdict(address, address, {trustedProxies: ['10.0.0.9']}, headers), 'PORT_001');
		}
	}

	t.is(verdict('8.8.8.8', '8.8.8.8', {}, {via: '1.1 proxy'}), '8.8.8.8');
});

test('a caller on the same private network is heard through trusted proxies', t => {
	const rules = {trustedProxies: ['127.0.0.1', '10.0.0.9']};
	t.is(verdict('10.0.0.1', '10.0.0.1', rules, {'x-forwarded-for': '10.0.0.1'}), '10.0.0.1');
	t.is(verdict('10.0.0.1', '10.0.0.1', rules, {'x-forwarded-for': '10.0.0.1, 10.0.0.9'}), '10.0.0.1');
});

/** IPv4 addresses, in all the places where an IPv6 address may have one in it. */
const embedded = fc
	.tuple(
		fc.oneof(fc.ipV4(), fc.constantFrom('127.0.0.1', '10.0.0.1', '192.168.0.1', '0.0.0.0', caller)),
		fc.constantFrom(
			'',
			'::',
			'::ffff:',
			'::ffff:0:',
			'64:ff9b::',
			'64:ff9b:1::',
			'2002::',
			'2001:0::',
			'fe80::5efe:',
		),
	)
	.map(([address, prefix]) => prefix + address);
/** Numbers as a lenient reader takes them: octal, hexadecimal, too few, too large. */
const odd = fc
	.array(
		fc.oneof(
			fc.nat(300).map(String),
			fc.nat(255).map(byte => `0${byte.toString(8)}`),
			fc.nat().map(number => `0x${number.toString(16)}`),
		),
		{minLength: 1, maxLength: 4},
	)
	.map(parts => parts.join('.'));
const address = fc.oneof(
	fc.ipV4(),
	fc.ipV6(),
	embedded,
	odd,
	fc.constantFrom(...notOnTheInternet, ...notAnAddress),
	fc.tuple(fc.ipV6(), fc.string()).map(parts => parts.join('%')),
	fc.string(),
);

test('nobody gets at an address that is neither public nor their own, whoever they are', t => {
	fc.assert(
		fc.property(address, address, fc.boolean(), (target, from, isListed) => {
			const allow = isListed && net.isIP(from) > 0 && !from.includes('%') ? [from] : [];
			const given = verdict(target, from, {allow});
			if (given.startsWith('PORT_')) {
				return;
			}

			t.true(net.isIP(given) > 0);
			const isOwn = verdict(from, from) === given;
			const isLocal = isLoopbackAddress(given) && isLoopbackAddress(from);
			t.true(isOwn || isLocal || (isPublicAddress(given) && allow.length > 0), `${from} → ${target}`);
		}),
		{numRuns: 5000},
	);
	t.pass();
});

test('for a caller on the internet no spelling leads into a private network', t => {
	const inner = new net.BlockList();
	for (const [network, bits] of [
		...([
			['0.0.0.0', 8],
			['10.0.0.0', 8],
			['100.64.0.0', 10],
			['127.0.0.0', 8],
		] as const),
		...([
			['169.254.0.0', 16],
			['172.16.0.0', 12],
			['192.168.0.0', 16],
			['224.0.0.0', 3],
		] as const),
	]) {
		inner.addSubnet(network, bits, 'ipv4');
	}

	fc.assert(
		fc.property(address, target => {
			const given = verdict(target, caller, {allow: [caller]});
			if (!given.startsWith('PORT_')) {
				t.false(net.isIPv4(given) ? inner.check(given) : !/^[23]/.test(given), `${target} → ${given}`);
			}
		}),
		{numRuns: 5000},
	);
	t.pass();
});
