import test from 'ava';
import fc from 'fast-check';
import {
	type Advertisement,
	type AdvertisementBody,
	advertisementBodySchema,
	advertisementQuerySchema,
	advertisementText,
	isAdvertisementGenuine,
	signAdvertisement,
} from '../../../source/protocol/advertisement.js';
import {alice, mallory} from '../../support/identities.js';

const timestamp = '2025-02-20T15:00:00.000Z';
const body = {
	ip_address: '203.0.113.7',
	country: 'SE',
	resources: {storage: 100, cpu: 4, memory: 8},
	port: 7466,
	name: 'Örebro €',
	images: ['24.04', 'micro'],
	pricing: {cpu_core_hour: 0.1, memory_gb_hour: 1e-7, storage_gb_hour: 0},
} satisfies AdvertisementBody;

/** Written down by hand in RFC 8785's form and signed with ethers 6. */
const independent = {
	text: `golem-advertisement-v1\n{"country":"SE","images":["24.04","micro"],"ip_address":"203.0.113.7","name":"Örebro €","port":7466,"pricing":{"cpu_core_hour":0.1,"memory_gb_hour":1e-7,"storage_gb_hour":0},"provider_id":"${alice.id}","resources":{"cpu":4,"memory":8,"storage":100},"timestamp":"2025-02-20T15:00:00.000Z"}`,
	signature:
		'0xb55e18c74c553833bdeaf71c34e476d63af5a3ffb868adaeb9b147f69d9966d22500cc754b68c44c8acbe72d03cad3082ca5d615502de74def10394a37583efd1b',
};

const advertisement: Advertisement = {
	...body,
	provider_id: alice.id,
	timestamp,
	signature: independent.signature,
	created_at: '2025-02-20T14:00:00.000Z',
	updated_at: '2025-02-20T15:00:00.100Z',
};

/** What stands after the first line. */
const canonical = (value: AdvertisementBody) =>
	advertisementText(alice.id, timestamp, value).replace('golem-advertisement-v1\n', '');

/** Why a body is refused, by path. */
function faults(change: Record<string, unknown>): Record<string, string> {
	const parsed = advertisementBodySchema.safeParse({...body, ...change});
	return Object.fromEntries(parsed.error?.issues.map(issue => [issue.path.join('.'), issue.message]) ?? []);
}

test('the text and signature of an advertisement are what another implementation makes of the contract', t => {
	t.is(advertisementText(alice.id, timestamp, body), independent.text);
	t.deepEqual(signAdvertisement(alice, body, timestamp), {
		'X-Provider-ID': alice.id,
		'X-Provider-Timestamp': timestamp,
		'X-Provider-Signature': independent.signature,
	});
	t.true(isAdvertisementGenuine(advertisement));
});

test('the canonical form is that of RFC 8785’s own example', t => {
	const example = JSON.parse(
		String.raw`{
			"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
			"string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
			"literals": [null, true, false]
		}`,
	);
	t.true(
		canonical({...body, zz: example}).endsWith(
			String.raw`,"zz":{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}}`,
		),
	);
});

test('keys are in the order of their UTF-16 units, as RFC 8785 has it', t => {
	const sorting = {
		'\u20ac': 'Euro Sign',
		'\r': 'Carriage Return',
		'\ufb33': 'Hebrew Letter Dalet With Dagesh',
		'1': 'One',
		'\ud83d\ude00': 'Emoji: Grinning Face',
		'\u0080': 'Control',
		'\u00f6': 'Latin Small Letter O With Diaeresis',
	};
	const text = canonical({...body, zz: sorting});
	const order = Object.values(sorting)
		.map(name => ({name, at: text.indexOf(name)}))
		.sort((a, b) => a.at - b.at);
	t.deepEqual(
		order.map(({name}) => name),
		[
			'Carriage Return',
			'One',
			'Control',
			'Latin Small Letter O With Diaeresis',
			'Euro Sign',
			'Emoji: Grinning Face',
			'Hebrew Letter Dalet With Dagesh',
		],
	);
});

test('the order in which fields were sent changes nothing, a way through JSON neither', t => {
	fc.assert(
		fc.property(fc.dictionary(fc.string({minLength: 1}), fc.jsonValue()), extra => {
			const sent = {...extra, ...body};
			const reversed = Object.fromEntries(Object.entries(sent).reverse()) as AdvertisementBody;
			t.is(canonical(reversed), canonical(sent));
			t.is(canonical(JSON.parse(JSON.stringify(sent))), canonical(sent));
		}),
	);
});

test('any field changed, added or taken away is seen', t => {
	const tampered: Array<Partial<Record<keyof Advertisement | 'extra', unknown>>> = [
		{ip_address: '203.0.113.8'},
		{country: 'NO'},
		{resources: {cpu: 5, memory: 8, storage: 100}},
		{port: 7467},
		{name: 'Orebro €'},
		{images: ['micro', '24.04']},
		{pricing: {...body.pricing, cpu_core_hour: 0.2}},
		{pricing: undefined},
		{timestamp: '2025-02-20T15:00:00.001Z'},
		{provider_id: mallory.id},
		{extra: true},
		{signature: mallory.sign(independent.text)},
		{signature: ''},
		{signature: independent.signature.replace(/1b$/, '1c')},
	];
	for (const change of tampered) {
		t.false(isAdvertisementGenuine({...advertisement, ...change} as Advertisement), JSON.stringify(change));
	}
});

test('what discovery adds is not under the signature', t => {
	t.true(
		isAdvertisementGenuine({
			...advertisement,
			created_at: '2025-02-20T13:00:00.000Z',
			updated_at: '2025-02-20T15:01:00.000Z',
		}),
	);
});

test('what no JSON text can say is not genuine, and no reason to throw', t => {
	// A JSON reader makes Infinity of 1e999.
	const {weight} = JSON.parse('{"weight":1e999}');
	t.notThrows(() => {
		t.false(isAdvertisementGenuine({...advertisement, weight}));
	});
});

test('a body is taken as it is, with fields this version does not know', t => {
	t.deepEqual(advertisementBodySchema.parse({...body, colour: 'green', nested: {a: [1]}}), {
		...body,
		colour: 'green',
		nested: {a: [1]},
	});
	const {ip_address, country, resources} = body;
	t.deepEqual(advertisementBodySchema.parse({ip_address, country, resources}), {
		ip_address,
		country,
		resources,
	});
});

test('resources are whole numbers from 1 to what is within reason', t => {
	const limits = {cpu: 4096, memory: 65_536, storage: 1_048_576};
	t.deepEqual(faults({resources: limits}), {});
	for (const [kind, limit] of Object.entries(limits)) {
		for (const bad of [0, -1, 1.5, limit + 1, '4', null, undefined]) {
			t.deepEqual(
				Object.keys(faults({resources: {...limits, [kind]: bad}})),
				[`resources.${kind}`],
				`${kind} ${bad}`,
			);
		}
	}
});

test('a country is an assigned code in upper case', t => {
	t.deepEqual(faults({country: 'AX'}), {});
	for (const bad of ['se', 'UK', 'EU', 'XX', 'SWE', '', 'S E', 46]) {
		t.deepEqual(Object.keys(faults({country: bad})), ['country'], String(bad));
	}
});

test('an address is one of IPv4 or IPv6 and nothing else', t => {
	for (const good of ['203.0.113.7', '2606:4700::1111', '::1']) {
		t.deepEqual(faults({ip_address: good}), {}, good);
	}

	for (const bad of [
		'',
		'example.org',
		'1.2.3',
		'1.2.3.4:80',
		'0x7f.1',
		'2130706433',
		'256.1.1.1',
		'::g',
		' 1.2.3.4',
	]) {
		t.deepEqual(Object.keys(faults({ip_address: bad})), ['ip_address'], bad);
	}
});

test('a name is one short line that a terminal can show', t => {
	for (const bad of ['', 'two\nlines', '\u001b[31mred', 'a\u202eb', 'x'.repeat(65)]) {
		t.deepEqual(Object.keys(faults({name: bad})), ['name'], JSON.stringify(bad));
	}

	t.deepEqual(Object.keys(faults({images: ['micro', '\u001b[2J']})), ['images.1']);
	t.deepEqual(Object.keys(faults({port: 0})), ['port']);
	t.deepEqual(Object.keys(faults({port: 65_536})), ['port']);
});

test('a query’s amounts are minimums of at least 1, its limit 100 where nothing is said', t => {
	t.deepEqual(advertisementQuerySchema.parse({cpu: '2', country: 'SE'}), {cpu: 2, country: 'SE', limit: 100});
	for (const bad of [
		{cpu: '0'},
		{memory: 'x'},
		{storage: ''},
		{country: 'XX'},
		{limit: '0'},
		{limit: '1001'},
	]) {
		t.false(advertisementQuerySchema.safeParse(bad).success, JSON.stringify(bad));
	}
});
