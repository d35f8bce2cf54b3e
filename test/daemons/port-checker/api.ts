import test from 'ava';
import fc from 'fast-check';
import {checkMayProbe} from '../../../daemons/port-checker/api.js';
import {isLoopbackAddress, isPublicAddress} from '../../../source/protocol/address.js';

const caller = '8.8.8.8';

/** The code it is refused with, or `allowed`. */
function verdict(address: string, from = caller, allow: readonly string[] = []): string {
	try {
		checkMayProbe(address, from, allow);
		return 'allowed';
	} catch (error) {
		return String((error as {code?: string}).code);
	}
}

test('a caller may have its own public address checked, in any spelling', t => {
	t.is(verdict('8.8.8.8'), 'allowed');
	t.is(verdict('::ffff:8.8.8.8'), 'allowed');
	t.is(verdict('2606:4700:0:0::1111', '2606:4700::1111'), 'allowed');
});

test('another’s address is PORT_004', t => {
	t.is(verdict('1.1.1.1'), 'PORT_004');
	t.is(verdict('2606:4700::1112', '2606:4700::1111'), 'PORT_004');
});

test('an address that is not on the internet is PORT_001, in any spelling', t => {
	for (const address of [
		'10.0.0.1',
		'::ffff:10.0.0.1',
		'::ffff:a00:1',
		'192.168.1.1',
		'169.254.169.254',
		'127.0.0.1',
		'::1',
		'0.0.0.0',
		'fe80::1',
		'64:ff9b::10.0.0.1',
		'nowhere',
	]) {
		t.is(verdict(address), 'PORT_001', address);
		t.is(verdict(address, caller, [caller]), 'PORT_001', `${address} for a listed caller`);
	}
});

test('a caller on the same private network may have its own address checked, not its neighbour’s', t => {
	t.is(verdict('10.0.0.1', '10.0.0.1'), 'allowed');
	t.is(verdict('10.0.0.2', '10.0.0.1'), 'PORT_001');
});

test('a caller on this machine may have any of its loopback addresses checked', t => {
	t.is(verdict('127.0.0.1', '127.0.0.1'), 'allowed');
	t.is(verdict('::1', '127.0.0.1'), 'allowed');
	t.is(verdict('0.0.0.0', '127.0.0.1'), 'PORT_001');
	t.is(verdict('10.0.0.1', '127.0.0.1'), 'PORT_001');
});

test('a listed caller may name any public address, however its own is spelt in the list', t => {
	t.is(verdict('1.1.1.1', caller, [caller]), 'allowed');
	t.is(verdict('1.1.1.1', caller, ['9.9.9.9']), 'PORT_004');
	t.is(verdict('1.1.1.1', '2606:4700::1111', ['2606:4700:0::1111']), 'allowed');
});

test('nobody gets at an address that is neither public nor their own, whoever they are', t => {
	const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string());
	fc.assert(
		fc.property(address, address, (target, from) => {
			if (verdict(target, from) === 'allowed' && target !== from) {
				t.true(
					isPublicAddress(target) || (isLoopbackAddress(target) && isLoopbackAddress(from)),
					`${from} → ${target}`,
				);
			}
		}),
	);
	t.pass();
});
