import {mock} from 'node:test';
import test from 'ava';
import fc from 'fast-check';
import {addressKey, createRateLimit, type RateLimit} from '../../../daemons/host/rate-limit.js';
import {ApiError} from '../../../source/protocol/error-codes.js';

test.before(() => {
	mock.timers.enable({apis: ['setTimeout', 'Date']});
});

test.after.always(() => {
	mock.timers.reset();
});

/** What a request with that key is answered: the headers, and the code if it was refused. */
async function consume(limit: RateLimit, key: string): Promise<Record<string, string>> {
	try {
		return await limit.consume(key);
	} catch (error) {
		if (error instanceof ApiError) {
			return {code: error.code, ...error.headers};
		}

		throw error;
	}
}

test.serial('each request is told what is left, and one too many when to come back', async t => {
	const limit = createRateLimit({perMinute: 2});
	const common = {'RateLimit-Limit': '2', 'RateLimit-Reset': '60'};
	t.deepEqual(await consume(limit, 'a'), {...common, 'RateLimit-Remaining': '1'});
	t.deepEqual(await consume(limit, 'a'), {...common, 'RateLimit-Remaining': '0'});
	mock.timers.tick(29_500);
	t.deepEqual(await consume(limit, 'a'), {
		code: 'RATE_001',
		'RateLimit-Limit': '2',
		'RateLimit-Remaining': '0',
		'RateLimit-Reset': '31',
		'Retry-After': '31',
	});
});

test.serial('who asks again and again is let in when the minute is over, not later', async t => {
	const limit = createRateLimit({perMinute: 1});
	await consume(limit, 'a');
	for (let second = 0; second < 59; second++) {
		mock.timers.tick(1000);
		t.is((await consume(limit, 'a'))['code'], 'RATE_001');
	}

	mock.timers.tick(1000);
	t.is((await consume(limit, 'a'))['RateLimit-Remaining'], '0');
});

test.serial('nobody uses up what is another’s', async t => {
	const limit = createRateLimit({perMinute: 1});
	t.is((await consume(limit, 'a'))['code'], undefined);
	t.is((await consume(limit, 'a'))['code'], 'RATE_001');
	t.is((await consume(limit, 'b'))['code'], undefined);
});

test.serial('of more keys than are remembered the one unheard of for the longest is forgotten', async t => {
	const limit = createRateLimit({perMinute: 1, maximumKeys: 2});
	await consume(limit, 'a');
	await consume(limit, 'b');
	t.is((await consume(limit, 'a'))['code'], 'RATE_001', 'which also says that a is still there');
	await consume(limit, 'c');
	t.is((await consume(limit, 'a'))['code'], 'RATE_001');
	t.is((await consume(limit, 'b'))['code'], undefined, 'b is new again');
});

test('an IPv4 address stands for itself, in whatever spelling', t => {
	t.is(addressKey('192.0.2.7'), '192.0.2.7');
	t.is(addressKey('::ffff:192.0.2.7'), '192.0.2.7');
	t.not(addressKey('192.0.2.7'), addressKey('192.0.2.8'));
});

test('the addresses of an IPv6 /64 are one, and those of two are two', t => {
	t.is(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:2:ffff:ffff:ffff:ffff'));
	t.not(addressKey('2001:db8:1:2::1'), addressKey('2001:db8:1:3::1'));
	t.is(addressKey('fe80::1%eth0'), addressKey('fe80::2'));
});

test('whatever stands where an address should be has a key', t => {
	fc.assert(
		fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), address => {
			t.is(typeof addressKey(address), 'string');
		}),
	);
	t.pass();
});
