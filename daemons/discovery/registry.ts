import type {Store} from '../../source/platform/store.js';
import {createSerialQueue} from '../../source/platform/waiting.js';
import {
	type Advertisement,
	type AdvertisementStatement,
	advertisementLifetimeMs,
} from '../../source/protocol/advertisement.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {Resources} from '../../source/protocol/resources.js';
import {covers} from '../../source/protocol/resources.js';
import {createFreshnessOrder} from './freshness-order.js';

export type RegistryQuery = {minimum: Partial<Resources>; country?: string | undefined};

/** Who offers what right now. Reads come from memory; each change is also in the store. */
export type Registry = {
	/** @throws AUTH_002 where a newer advertisement of that provider is known */
	put(statement: AdvertisementStatement): Promise<Advertisement>;
	get(providerId: string): Advertisement | undefined;
	/** Those that have at least that much, freshest first. */
	find(query: RegistryQuery): Advertisement[];
	remove(providerId: string): Promise<boolean>;
	/** Deletes what has expired; the number of rows that went. */
	cleanUp(): Promise<number>;
	count(): number;
};

/** Opens the registry with what the store still has. */
export async function createRegistry(
	store: Store<Advertisement>,
	now: () => number = Date.now,
): Promise<Registry> {
	const advertisements = new Map(await store.entries());
	const order = createFreshnessOrder(advertisements.values());
	const isExpired = ({updated_at}: Advertisement) =>
		Date.parse(updated_at) + advertisementLifetimeMs <= now();
	const count = () => order.countSince(now() - advertisementLifetimeMs);
	// One change after the other: what was compared is still so when it is written.
	const inTurn = createSerialQueue();
	const forget = (providerId: string) => {
		const known = advertisements.get(providerId);
		if (known) {
			advertisements.delete(providerId);
			order.delete(known);
		}
	};

	return {
		put: statement =>
			inTurn(async () => {
				const known = advertisements.get(statement.provider_id);
				refuseOlder(statement, known);
				const at = new Date(timeOfUpdate(now(), known)).toISOString();
				const advertisement: Advertisement = {
					...statement,
					created_at: known && !isExpired(known) ? known.created_at : at,
					updated_at: at,
				};
				await store.set(advertisement.provider_id, advertisement);
				forget(advertisement.provider_id);
				advertisements.set(advertisement.provider_id, advertisement);
				order.add(advertisement);
				return advertisement;
			}),
		get(providerId) {
			const advertisement = advertisements.get(providerId);
			return advertisement && !isExpired(advertisement) ? advertisement : undefined;
		},
		find({minimum, country}) {
			const live = order.first(count());
			const wanted = {cpu: 0, memory: 0, storage: 0, ...minimum};
			const isAnyRight = country === undefined && covers({cpu: 0, memory: 0, storage: 0}, wanted);
			return isAnyRight
				? live
				: live.filter(
						({resources, country: where}) =>
							(country === undefined || where === country) && covers(resources, wanted),
					);
		},
		remove: providerId =>
			inTurn(async () => {
				forget(providerId);
				return store.delete(providerId);
			}),
		cleanUp: () =>
			inTurn(async () => {
				const expired = order.from(count());
				for (const {provider_id} of expired) {
					forget(provider_id);
					await store.delete(provider_id);
				}

				return expired.length;
			}),
		count,
	};
}

function refuseOlder(statement: AdvertisementStatement, known: Advertisement | undefined): void {
	if (known && Date.parse(statement.timestamp) < Date.parse(known.timestamp)) {
		throw new ApiError('AUTH_002', `A newer advertisement of ${statement.provider_id} is known already.`);
	}
}

/** Id and time tell readers which advertisement it is, so two of one provider never have the same time. */
function timeOfUpdate(nowMs: number, known: Advertisement | undefined): number {
	const knownMs = known ? Date.parse(known.updated_at) : Number.NEGATIVE_INFINITY;
	// A clock that was set back counts anew: an advertisement must not live on by the time of before.
	return knownMs - nowMs < 1000 ? Math.max(nowMs, knownMs + 1) : nowMs;
}
