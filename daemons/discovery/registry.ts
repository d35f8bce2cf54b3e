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
	const isExpired = ({updated_at}: Advertisement) =>
		Date.parse(updated_at) + advertisementLifetimeMs <= now();
	// One change after the other: what was compared is still so when it is written.
	const inTurn = createSerialQueue();
	const live = () => [...advertisements.values()].filter(advertisement => !isExpired(advertisement));

	return {
		put: statement =>
			inTurn(async () => {
				const known = advertisements.get(statement.provider_id);
				if (known && Date.parse(statement.timestamp) < Date.parse(known.timestamp)) {
					throw new ApiError(
						'AUTH_002',
						`A newer advertisement of ${statement.provider_id} is known already.`,
					);
				}

				const at = new Date(now()).toISOString();
				const advertisement: Advertisement = {
					...statement,
					created_at: known && !isExpired(known) ? known.created_at : at,
					updated_at: at,
				};
				await store.set(advertisement.provider_id, advertisement);
				advertisements.set(advertisement.provider_id, advertisement);
				return advertisement;
			}),
		get(providerId) {
			const advertisement = advertisements.get(providerId);
			return advertisement && !isExpired(advertisement) ? advertisement : undefined;
		},
		find({minimum, country}) {
			const wanted = {cpu: 0, memory: 0, storage: 0, ...minimum};
			return live()
				.filter(
					({resources, country: where}) =>
						covers(resources, wanted) && (country === undefined || where === country),
				)
				.sort(
					(a, b) => b.updated_at.localeCompare(a.updated_at) || a.provider_id.localeCompare(b.provider_id),
				);
		},
		remove: providerId =>
			inTurn(async () => {
				advertisements.delete(providerId);
				return store.delete(providerId);
			}),
		cleanUp: () =>
			inTurn(async () => {
				const expired = [...advertisements.values()].filter(isExpired);
				for (const {provider_id} of expired) {
					advertisements.delete(provider_id);
					await store.delete(provider_id);
				}

				return expired.length;
			}),
		count: () => live().length,
	};
}
