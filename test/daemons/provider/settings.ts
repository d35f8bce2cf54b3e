import test from 'ava';
import fc from 'fast-check';
import {checkProviderSettings, providerSettings} from '../../../daemons/provider/settings.js';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {resolveSettings} from '../../../source/platform/settings.js';
import {alice, mallory} from '../../support/identities.js';

const {id} = alice;
const fine = {...resolveSettings(providerSettings, {environment: {}, dotEnv: {}, config: {}}).values};

function errorOf(run: () => unknown): GolemError {
	try {
		run();
	} catch (error) {
		if (error instanceof GolemError) {
			return error;
		}

		throw error;
	}

	throw new Error('Nothing was wrong with it.');
}

const resolve = (environment: Record<string, string>) =>
	resolveSettings(providerSettings, {environment, dotEnv: {}, config: {}}).values;

/** What is said of that text in that variable; undefined where it is fine. */
function faultOf(variable: string, text: string): string | undefined {
	try {
		resolve({[variable]: text});
		return undefined;
	} catch (error) {
		return error instanceof GolemError ? error.message : String(error);
	}
}

test('every default could have been set, and goes with the others', t => {
	for (const {variable, schema, default: value} of Object.values(providerSettings)) {
		// An empty one stands for what nobody has said.
		t.true(value === '' || schema.safeParse(value).success, variable);
	}

	t.notThrows(() => checkProviderSettings(resolve({}), id));
});

test('every variable is named once, and says what it is for', t => {
	const all = Object.values(providerSettings);
	t.is(new Set(all.map(({variable}) => variable)).size, all.length);
	for (const {variable, description} of all) {
		t.regex(variable, /^GOLEM_PROVIDER_[A-Z_]+$/);
		t.not(description, '', variable);
	}
});

const bad: Array<[variable: string, text: string, wanted: RegExp]> = [
	['GOLEM_PROVIDER_ID', 'bob', /./],
	['GOLEM_PROVIDER_ID', `${id}0`, /./],
	['GOLEM_PROVIDER_PUBLIC_IP', 'localhost', /must be auto, or an IPv4 or IPv6 address/],
	['GOLEM_PROVIDER_PUBLIC_IP', '', /must be auto, or an IPv4 or IPv6 address/],
	['GOLEM_PROVIDER_PUBLIC_IP_SERVICES', '["https://one.example"', /JSON array of strings/],
	['GOLEM_PROVIDER_PORT_RANGE_START', '80', /from 1024 to 65535/],
	['GOLEM_PROVIDER_PORT_RANGE_END', '65537', /from 1025 to 65536/],
	['GOLEM_PROVIDER_MAX_VMS', '-1', /from 0 to 10000/],
	['GOLEM_PROVIDER_RESERVE_PERCENT', '96', /from 0 to 95/],
	['GOLEM_PROVIDER_CPU_THRESHOLD', '0', /from 1 to 100/],
	['GOLEM_PROVIDER_MEMORY_THRESHOLD', '100.1', /from 1 to 100/],
	['GOLEM_PROVIDER_STORAGE_THRESHOLD', '85%', /from 1 to 100/],
	['GOLEM_PROVIDER_STORAGE_THRESHOLD', '', /from 1 to 100/],
	['GOLEM_PROVIDER_RESTART_VMS', 'sometimes', /true or false/],
	['GOLEM_PROVIDER_AUTH', 'closed', /signature, open/],
];

for (const [variable, text, wanted] of bad) {
	test(`${variable}=${text} is refused, with what would be right`, t => {
		const fault = faultOf(variable, text) ?? '';
		t.true(fault.startsWith(`Bad setting ${variable}=${text} (from environment): `), fault);
		t.regex(fault, wanted);
	});
}

test('all that is bad is told at once, each by its name', t => {
	const {code, exitCode, message} = errorOf(() =>
		resolve(Object.fromEntries(bad.map(([variable, text]) => [variable, text]))),
	);
	t.is(code, 'SETTINGS_INVALID');
	t.is(exitCode, exitCodes.usage);
	for (const [variable] of bad) {
		t.true(message.includes(`  ${variable}=`), variable);
	}
});

test('an address is taken as IPv4, as IPv6, or as the word that has it asked for', t => {
	for (const text of ['auto', '203.0.113.5', '2001:db8::7']) {
		t.is(resolve({GOLEM_PROVIDER_PUBLIC_IP: text}).publicIp, text);
	}
});

test('a threshold may have a part of a percent', t => {
	t.is(resolve({GOLEM_PROVIDER_CPU_THRESHOLD: '99.5'}).cpuThreshold, 99.5);
});

test('no address service at all is fine', t => {
	t.deepEqual(resolve({GOLEM_PROVIDER_PUBLIC_IP_SERVICES: ''}).addressServices, []);
});

test('the key’s own id is fine, in capitals too, and so is none', t => {
	for (const text of ['', id, `0x${id.slice(2).toUpperCase()}`]) {
		t.notThrows(() => checkProviderSettings(resolve({GOLEM_PROVIDER_ID: text}), id), text);
	}
});

test('another id than the key’s is refused with both', t => {
	const {code, exitCode, message} = errorOf(() => checkProviderSettings({...fine, id: mallory.id}, id));
	t.is(code, 'SETTINGS_INVALID');
	t.is(exitCode, exitCodes.usage);
	t.true(message.includes(`GOLEM_PROVIDER_ID=${mallory.id}`), message);
	t.true(message.includes(`has the id ${id}`), message);
});

test('a range of ports has at least one, or is refused with both its ends', t => {
	fc.assert(
		fc.property(fc.integer({min: 1024, max: 65_535}), fc.integer({min: 1025, max: 65_536}), (start, end) => {
			const check = () =>
				checkProviderSettings({...fine, port: 1, portRangeStart: start, portRangeEnd: end}, id);
			if (start < end) {
				t.notThrows(check);
			} else {
				const {code, message} = errorOf(check);
				t.is(code, 'SETTINGS_INVALID');
				t.regex(message, new RegExp(`GOLEM_PROVIDER_PORT_RANGE_END=${end}:.*PORT_RANGE_START.* ${start}$`));
			}
		}),
	);
});

test('a wrong id and an empty range are told together', t => {
	const {message, details} = errorOf(() =>
		checkProviderSettings({...fine, id: mallory.id, portRangeStart: 2000, portRangeEnd: 2000}, id),
	);
	t.regex(message, /GOLEM_PROVIDER_ID=/);
	t.regex(message, /GOLEM_PROVIDER_PORT_RANGE_END=2000/);
	t.like(details, {faults: {length: 2}});
});

test('the API’s port is not one of the VMs’, or is refused with the range', t => {
	const {message} = errorOf(() => checkProviderSettings({...fine, port: 50_899}, id));
	t.regex(message, /GOLEM_PROVIDER_PORT=50899: .* 50800 to 50899$/);
	t.notThrows(() => checkProviderSettings({...fine, port: 50_900}, id));
});

test('a quorum is a number of port checkers that there are', t => {
	t.is(resolve({GOLEM_PROVIDER_PORT_CHECK_QUORUM: '2'}).portCheckQuorum, 2);
	t.is(resolve({}).portCheckQuorum, 'majority');
	for (const text of ['0', '1.5', 'all', '-1']) {
		t.regex(String(faultOf('GOLEM_PROVIDER_PORT_CHECK_QUORUM', text)), /must be majority, or a whole number/);
	}

	t.notThrows(() => checkProviderSettings({...fine, portCheckQuorum: 2}, id));
	const {message} = errorOf(() => checkProviderSettings({...fine, portCheckQuorum: 3}, id));
	t.regex(message, /GOLEM_PROVIDER_PORT_CHECK_QUORUM=3: must not be more than .* which is 2$/);
});
