import type {Advertisement} from '../protocol/advertisement.js';
import {covers, type Resources} from '../protocol/resources.js';
import {shortId} from '../protocol/short-id.js';

/** What somebody wants of a provider. */
export type Wishes = {
	resources: Resources;
	image?: string | undefined;
	/** Nobody but this one. */
	providerId?: string | undefined;
};

/**
Those that fit, the best first: the cheapest where prices are named, and of equals the one that was heard of last, who is
the surest to be there. What nobody has named a price for may cost anything, and comes after what has one.
*/
export function rankProviders(found: readonly Advertisement[], wishes: Wishes): Advertisement[] {
	const {resources} = wishes;
	return found
		.filter(advertisement => fits(advertisement, wishes) && !isShort(advertisement))
		.toSorted(
			(one, other) =>
				(priceOf(one, resources) ?? Number.MAX_VALUE) - (priceOf(other, resources) ?? Number.MAX_VALUE) ||
				Date.parse(other.timestamp) - Date.parse(one.timestamp),
		);
}

/** Those that would fit if their machine were not short of something just now. */
export function shortOfSomething(found: readonly Advertisement[], wishes: Wishes): Advertisement[] {
	return found.filter(advertisement => fits(advertisement, wishes) && isShort(advertisement));
}

function fits(advertisement: Advertisement, {resources, image, providerId}: Wishes): boolean {
	const {provider_id, images, resources: free} = advertisement;
	return (
		(providerId === undefined || provider_id === providerId.toLowerCase()) &&
		// Discovery was asked for as much; it is not trusted.
		covers(free, resources) &&
		(image === undefined || images === undefined || images.includes(image))
	);
}

function isShort({over_threshold = []}: Advertisement): boolean {
	return over_threshold.length > 0;
}

/** In GLM an hour for that much; undefined where no price is named. */
function priceOf({pricing}: Advertisement, {cpu, memory, storage}: Resources): number | undefined {
	return (
		pricing &&
		cpu * pricing.cpu_core_hour + memory * pricing.memory_gb_hour + storage * pricing.storage_gb_hour
	);
}

const longestName = 16;

/** What a provider is called in a line with other words. */
export function providerLabel({provider_id, name}: Pick<Advertisement, 'provider_id' | 'name'>): string {
	const letters = [...(name ?? '')];
	const shown = letters.length > longestName ? `${letters.slice(0, longestName - 1).join('')}…` : name;
	const id = shortId(provider_id);
	return shown === undefined ? id : `${shown} (${id})`;
}

/** Why this one was chosen. */
export function describeChoice(chosen: Advertisement, {resources}: Wishes, now = Date.now()): string {
	const seconds = Math.max(0, Math.round((now - Date.parse(chosen.timestamp)) / 1000));
	const age = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
	const price = priceOf(chosen, resources);
	const cost = price === undefined ? '' : `; ${Number(price.toPrecision(3))} GLM/h`;
	return `${providerLabel(chosen)} fits; heard of ${age} ago${cost}`;
}
