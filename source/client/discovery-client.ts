import * as z from 'zod';
import {
	type Advertisement,
	type AdvertisementBody,
	type AdvertisementQuery,
	advertisementSchema,
	isAdvertisementGenuine,
	signAdvertisement,
} from '../protocol/advertisement.js';
import type {Identity} from '../protocol/identity.js';
import {signRequest} from '../protocol/signed-request.js';
import {createHttpClient, type SignOfLife} from './http-client.js';

/** A discovery server, spoken to over its public API. */
export type DiscoveryClient = {
	/** Providers that have at least that much; those whose signature is not their own are left out. */
	find(query: AdvertisementQuery, signal?: AbortSignal): Promise<Advertisement[]>;
	get(providerId: string, signal?: AbortSignal): Promise<Advertisement>;
	advertise(identity: Identity, body: AdvertisementBody, signal?: AbortSignal): Promise<void>;
	withdraw(identity: Identity, signal?: AbortSignal): Promise<void>;
};

const healthTimeoutMs = 5000;

/** Asks a discovery server whether it is well. */
export async function askDiscoveryHealth(url: string, signal?: AbortSignal): Promise<SignOfLife> {
	const client = createHttpClient({target: {url}, name: `the discovery server at ${url}`});
	return client.signOfLife('/health', {timeoutMs: healthTimeoutMs, signal});
}

/** @param url `http://host:port` */
export function createDiscoveryClient(url: string): DiscoveryClient {
	const client = createHttpClient({
		target: {url},
		name: `the discovery server at ${url}`,
		hint: 'Is it running? Set another one with GOLEM_REQUESTOR_DISCOVERY_URL.',
	});
	const path = '/api/v1/advertisements';
	return {
		async find(query, signal) {
			const parameters = new URLSearchParams(
				Object.entries(query).flatMap(
					([key, value]): Array<[string, string]> => (value === undefined ? [] : [[key, String(value)]]),
				),
			);
			// One by one: an advertisement this version cannot read must not hide the others.
			const found = await client.send('GET', `${path}?${parameters}`, z.array(z.unknown()), {signal});
			return found
				.map(entry => advertisementSchema.safeParse(entry))
				.flatMap(({data}) => (data && isAdvertisementGenuine(data) ? [data] : []));
		},
		get: (providerId, signal) => client.send('GET', `${path}/${providerId}`, advertisementSchema, {signal}),
		async advertise(identity, body, signal) {
			await client.send('POST', path, z.unknown(), {
				body,
				headers: signAdvertisement(identity, body, new Date().toISOString()),
				signal,
			});
		},
		async withdraw(identity, signal) {
			const ownPath = `${path}/${identity.id}`;
			await client.send('DELETE', ownPath, z.unknown(), {
				headers: signRequest(identity, 'Provider', {
					method: 'DELETE',
					path: ownPath,
					audience: new URL(url).host,
					timestamp: new Date().toISOString(),
					body: '',
				}),
				signal,
			});
		},
	};
}
