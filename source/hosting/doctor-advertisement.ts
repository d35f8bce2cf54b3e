import {isDeepStrictEqual} from 'node:util';
import {type Advertisement, isAdvertisementGenuine} from '../protocol/advertisement.js';
import {clip, failed, type Judgement, ok, unknown, warning} from './doctor-check.js';
import type {ProviderFigures, Sighting} from './doctor-facts.js';
import {restartProvider} from './doctor-machine.js';

const maximumValueLength = 60;
const maximumDifferences = 3;

/**
Do requestors find this provider, in its own words?
@param figures of the same moment as the sightings
*/
export function judgeAdvertisement(
	figures: ProviderFigures,
	sightings: readonly Sighting[],
	nowMs: number,
): Judgement {
	if (figures.advertisement === null || !figures.offered) {
		return {
			...failed(
				`nothing is offered: ${figures.not_offered_because.join('; ') || 'the provider does not say why'}`,
				'It advertises by itself once that is mended.',
			),
			isConsequence: true,
		};
	}

	const asked = sightings.filter(
		({advertisement}) => advertisement.isThere || wasAnswered(advertisement.code),
	);
	if (asked.length === 0) {
		return unknown('no discovery server answers');
	}

	const views = asked.map(sighting => view(figures, sighting, nowMs));
	const facts = views.map(({text}) => text).join('; ');
	const fix = views.find(({fault}) => fault !== undefined)?.fault ?? [];
	return views.every(({fault}) => fault === undefined)
		? ok(facts)
		: views.some(({fault}) => fault === undefined)
			? warning(facts, ...fix)
			: failed(facts, ...fix);
}

/** An answer that says no is one; silence is the check of discovery itself. */
function wasAnswered(code: string): boolean {
	return code !== 'NOT_REACHABLE' && code !== 'NET_001' && code !== 'DEADLINE';
}

const sayAnew = ['Have it said anew; VMs go on meanwhile:', restartProvider];
const notOurs = 'Another machine may use this provider’s key; each needs a key of its own.';

/** @returns what is there, and what to do where it is not as it should be */
function view(
	figures: ProviderFigures,
	{url, advertisement}: Sighting,
	nowMs: number,
): {text: string; fault?: string[]} {
	if (!advertisement.isThere) {
		const error = figures.advertising.find(state => state.url === url)?.error;
		return {
			text: `${url} does not have it: ${error ?? advertisement.reason}`,
			fault: ['See what the provider was told there:', '$ golem provider logs', ...sayAnew],
		};
	}

	const theirs = advertisement.value;
	if (theirs.provider_id !== figures.provider_id || !isAdvertisementGenuine(theirs)) {
		return {
			text: `${url} shows one that this provider did not sign`,
			fault: ['That server is not to be trusted, or broken. Use another: GOLEM_PROVIDER_DISCOVERY_URL.'],
		};
	}

	const differences = figures.advertisement ? compare(figures.advertisement, theirs) : [];
	if (differences.length > 0) {
		return {
			text: `${url} has another one: ${differences.slice(0, maximumDifferences).join(', ')}${differences.length > maximumDifferences ? ` and ${differences.length - maximumDifferences} more` : ''}`,
			fault: [notOurs, ...sayAnew],
		};
	}

	const age = Math.max(0, Math.round((nowMs - Date.parse(theirs.timestamp)) / 1000));
	return {text: `at ${url}, said ${age} s ago`};
}

/** Each field of which one side says something else, with both values. */
function compare(ours: Record<string, unknown>, theirs: Advertisement): string[] {
	const {
		provider_id: _id,
		timestamp: _at,
		signature: _by,
		created_at: _created,
		updated_at: _updated,
		...said
	} = theirs;
	const known: Record<string, unknown> = said;
	return [...new Set([...Object.keys(ours), ...Object.keys(known)])]
		.filter(field => !isDeepStrictEqual(ours[field], known[field]))
		.map(field => `${clip(field, 32)} is ${describe(known[field])} there and ${describe(ours[field])} here`);
}

function describe(value: unknown): string {
	return value === undefined ? 'nothing' : clip(JSON.stringify(value), maximumValueLength);
}
