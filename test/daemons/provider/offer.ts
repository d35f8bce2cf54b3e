import test from 'ava';
import fc from 'fast-check';
import {describeOffer, type OfferFacts} from '../../../daemons/provider/offer.js';
import {advertisementBodySchema} from '../../../source/protocol/advertisement.js';
import {loadKinds} from '../../../source/protocol/host-load.js';
import {noResources} from '../../../source/protocol/resources.js';

/** A provider that has something of everything. */
const facts: OfferFacts = {
	name: 'the machine under the stairs',
	country: 'SE',
	publicIp: '8.8.4.4',
	port: 7466,
	isCutOff: false,
	images: ['micro', 'other'],
	available: {cpu: 4, memory: 8, storage: 100},
	minimum: {cpu: 1, memory: 1, storage: 10},
	freePorts: 3,
	freePlaces: 2,
	overThreshold: [],
};

test('what could be rented is offered', t => {
	t.deepEqual(describeOffer(facts), {
		reasons: [],
		body: {
			ip_address: '8.8.4.4',
			port: 7466,
			country: 'SE',
			name: 'the machine under the stairs',
			images: ['micro', 'other'],
			resources: {cpu: 4, memory: 8, storage: 100},
		},
	});
});

test('exactly enough for the smallest VM, one port and one place are enough', t => {
	const {body} = describeOffer({...facts, available: facts.minimum, freePorts: 1, freePlaces: 1});
	t.deepEqual(body?.resources, facts.minimum);
});

const shortages: Array<{title: string; change: Partial<OfferFacts>; reason: RegExp}> = [
	{title: 'an address', change: {publicIp: null}, reason: /public address is not known/},
	{title: 'an image', change: {images: []}, reason: /no image/},
	{title: 'a port', change: {freePorts: 0}, reason: /no port is free/},
	{title: 'a place for one more VM', change: {freePlaces: 0}, reason: /as many VMs as it may have/},
	{
		title: 'a limit of VMs above what there is',
		change: {freePlaces: -1},
		reason: /as many VMs as it may have/,
	},
	{
		title: 'cores',
		change: {available: {cpu: 0, memory: 8, storage: 100}},
		reason: /too little is free: 0 cores, 8 GB memory, 100 GB storage/,
	},
	{
		title: 'memory',
		change: {available: {cpu: 4, memory: 0, storage: 100}},
		reason: /too little is free: 4 cores, 0 GB memory/,
	},
	{
		title: 'storage',
		change: {available: {cpu: 4, memory: 8, storage: 9}},
		reason: /too little is free: .* 9 GB storage/,
	},
];

for (const {title, change, reason} of shortages) {
	test(`without ${title} nothing is offered, and that is why`, t => {
		const {body, reasons} = describeOffer({...facts, ...change});
		t.is(body, undefined);
		t.is(reasons.length, 1);
		t.regex(reasons[0] ?? '', reason);
	});
}

test('every reason is told, and not only the first', t => {
	const {body, reasons} = describeOffer({
		...facts,
		publicIp: null,
		images: [],
		freePorts: 0,
		freePlaces: 0,
		available: noResources,
	});
	t.is(body, undefined);
	t.is(reasons.length, 5);
	t.is(new Set(reasons).size, 5);
});

test('a machine that is short of something for the moment is offered all the same, and says of what', t => {
	const {body, reasons} = describeOffer({...facts, overThreshold: ['memory', 'storage']});
	t.deepEqual(reasons, []);
	t.deepEqual(body?.over_threshold, ['memory', 'storage']);
});

test('there is an offer or a reason, never both nor neither, and every offer is one that can be advertised', t => {
	const amounts = fc.record({
		cpu: fc.integer({min: 0, max: 4096}),
		memory: fc.integer({min: 0, max: 65_536}),
		storage: fc.integer({min: 0, max: 1_048_576}),
	});
	const smallest = fc.record({
		cpu: fc.integer({min: 1, max: 8}),
		memory: fc.integer({min: 1, max: 8}),
		storage: fc.integer({min: 1, max: 20}),
	});
	const anyFacts = fc.record({
		name: fc.constant(facts.name),
		country: fc.constant(facts.country),
		publicIp: fc.option(fc.oneof(fc.ipV4(), fc.ipV6())),
		port: fc.integer({min: 1, max: 65_535}),
		isCutOff: fc.boolean(),
		images: fc.subarray(['micro', 'other', 'third']),
		available: amounts,
		minimum: smallest,
		freePorts: fc.nat(3),
		freePlaces: fc.integer({min: -2, max: 3}),
		overThreshold: fc.subarray([...loadKinds]),
	});
	fc.assert(
		fc.property(anyFacts, some => {
			const {body, reasons} = describeOffer(some);
			t.is(body === undefined, reasons.length > 0);
			if (body !== undefined) {
				t.deepEqual(advertisementBodySchema.parse(body), body);
			}
		}),
	);
});
