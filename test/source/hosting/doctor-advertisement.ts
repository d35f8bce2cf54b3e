import test from 'ava';
import {judgeAdvertisement} from '../../../source/hosting/doctor-advertisement.js';
import type {ProviderFigures, Sighting} from '../../../source/hosting/doctor-facts.js';
import {
	type Advertisement,
	type AdvertisementBody,
	signAdvertisement,
} from '../../../source/protocol/advertisement.js';
import type {Identity} from '../../../source/protocol/identity.js';
import {alice, mallory} from '../../support/identities.js';
import {discoveryUrl, figures, notThere, there} from './_doctor-facts.js';

const saidAt = '2026-01-01T12:00:00.000Z';
const nowMs = Date.parse(saidAt) + 12_000;

function bodyOf({advertisement}: ProviderFigures): AdvertisementBody {
	if (!advertisement) {
		throw new Error('This provider advertises nothing.');
	}

	return advertisement;
}

/** What a server shows after the signer has said that there. */
function sighting(change: Record<string, unknown> = {}, {signer = alice, url = discoveryUrl} = {}): Sighting {
	return {url, advertisement: there(advertisement(change, signer))};
}

function advertisement(change: Record<string, unknown>, signer: Identity): Advertisement {
	const body = {...bodyOf(figures()), ...change};
	return {
		...body,
		provider_id: alice.id,
		timestamp: saidAt,
		signature: signAdvertisement(signer, body, saidAt)['X-Provider-Signature'] ?? '',
		created_at: saidAt,
		updated_at: saidAt,
	};
}

test('an advertisement that is there in our own words is good, and has an age', t => {
	t.deepEqual(judgeAdvertisement(figures(), [sighting()], nowMs), {
		verdict: 'ok',
		evidence: `at ${discoveryUrl}, said 12 s ago`,
		fix: [],
	});
});

test('an advertisement with another value fails with the field and both values', t => {
	const {verdict, evidence} = judgeAdvertisement(figures(), [sighting({ip_address: '9.9.9.9'})], nowMs);
	t.is(verdict, 'failed');
	t.regex(evidence, /ip_address is "9\.9\.9\.9" there and "8\.8\.4\.4" here/);
});

test('a field that only one side has is a difference too', t => {
	const {evidence} = judgeAdvertisement(figures(), [sighting({over_threshold: ['cpu']})], nowMs);
	t.regex(evidence, /over_threshold is \["cpu"\] there and nothing here/);
});

test('an advertisement somebody else signed is not ours, whatever it says', t => {
	const {verdict, evidence} = judgeAdvertisement(figures(), [sighting({}, {signer: mallory})], nowMs);
	t.is(verdict, 'failed');
	t.regex(evidence, /did not sign/);
});

test('an advertisement that was changed on its way is not genuine', t => {
	const changed = {url: discoveryUrl, advertisement: there({...advertisement({}, alice), port: 1})};
	t.regex(judgeAdvertisement(figures(), [changed], nowMs).evidence, /did not sign/);
});

test('one that discovery does not have fails with what it told the provider', t => {
	const missing = {url: discoveryUrl, advertisement: notThere('ADV_004', 'No advertisement is known')};
	t.regex(judgeAdvertisement(figures(), [missing], nowMs).evidence, /does not have it: No advertisement/);
	const refused = figures({
		advertising: [{url: discoveryUrl, advertised_at: null, error: 'private address'}],
	});
	const {verdict, evidence} = judgeAdvertisement(refused, [missing], nowMs);
	t.is(verdict, 'failed');
	t.regex(evidence, /does not have it: private address/);
});

test('two servers of which one has it are a warning', t => {
	const missing = {url: 'http://other', advertisement: notThere('ADV_004', 'No advertisement is known')};
	t.is(judgeAdvertisement(figures(), [missing, sighting()], nowMs).verdict, 'warning');
});

test('where no discovery server answers, what it has is not known', t => {
	const silent = {url: discoveryUrl, advertisement: notThere('NOT_REACHABLE', 'cannot be reached')};
	t.is(judgeAdvertisement(figures(), [silent], nowMs).verdict, 'unknown');
	t.is(judgeAdvertisement(figures(), [silent, sighting({}, {url: 'http://b'})], nowMs).verdict, 'ok');
});

test('a provider that offers nothing advertises nothing, because of something else', t => {
	const idle = figures({
		advertisement: null,
		offered: false,
		not_offered_because: ['there is no image to start'],
	});
	const {verdict, evidence, isConsequence} = judgeAdvertisement(idle, [], nowMs);
	t.is(verdict, 'failed');
	t.regex(evidence, /there is no image to start/);
	t.true(isConsequence);
});

test('a provider that does not say what it advertises is judged by the signature alone', t => {
	t.is(judgeAdvertisement(figures({advertisement: undefined}), [sighting({port: 1})], nowMs).verdict, 'ok');
});
