import {setImmediate as nextTurn} from 'node:timers/promises';
import * as z from 'zod';
import {
	type Advertisement,
	type AdvertisementBody,
	type AdvertisementQuery,
	advertisementSchema,
	signAdvertisement,
} from '../protocol/advertisement.js';
import type {Identity} from '../protocol/identity.js';
import {signRequest} from '../protocol/signed-request.js';
import {createHttpClient, type SignOfLife} from './http-client.js';

/** Some of a server's advertisements, freshest first. */
export type AdvertisementPage = {
	/** To ask with the next time. */
	etag: string | undefined;
	/** Where the next page begins; undefined where there is none. */
	next: string | undefined;
	/** How many there are on all pages. */
	total: number;
	/** Those this version can read. Nobody has looked at their signatures yet. */
	advertisements: Advertisement[];
};

/** What the server's clock shows, and a page where there is another one than before. */
export type PageAnswer = {serverTimeMs: number | undefined} & (
	| {unchanged: true}
	| ({unchanged: false} & AdvertisementPage)
);

/** A discovery server, spoken to over its public API. */
export type DiscoveryClient = {
	/** One page, or `unchanged` where it still is what came with that ETag. */
	page(
		query: AdvertisementQuery,
		from?: {etag?: string | undefined; cursor?: string | undefined},
		signal?: AbortSignal,
	): Promise<PageAnswer>;
	get(providerId: string, signal?: AbortSignal): Promise<Advertisement>;
	advertise(identity: Identity, body: AdvertisementBody, signal?: AbortSignal): Promise<void>;
	withdraw(identity: Identity, signal?: AbortSignal): Promise<void>;
};

const healthTimeoutMs = 5000;
const advertisementsPerTurn = 100;
/** No server is asked for more at once; what one sends beyond that is not looked at. */
const maximumPageLength = 1000;
/** Only the parameters of a link are read; the rest of its address is the one that was asked. */
const anyBase = 'http://discovery';

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
		async page(query, {etag, cursor} = {}, signal) {
			const pagePath = `${path}?${parametersOf(cursor === undefined ? query : {...query, cursor})}`;
			const answer = await client.getIfChanged(pagePath, z.array(z.unknown()), {etag, signal});
			if (answer.unchanged) {
				return answer;
			}

			const {value, headers, serverTimeMs} = answer;
			const total = Number(headers['x-total-count'] ?? value.length);
			return {
				unchanged: false,
				etag: answer.etag,
				next: readNextCursor(String(headers['link'] ?? '')),
				total: Number.isSafeInteger(total) && total >= 0 ? total : value.length,
				advertisements: await readEach(value.slice(0, maximumPageLength)),
				serverTimeMs,
			};
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

function parametersOf(query: AdvertisementQuery): URLSearchParams {
	return new URLSearchParams(
		Object.entries(query).flatMap(
			([key, value]): Array<[string, string]> => (value === undefined ? [] : [[key, String(value)]]),
		),
	);
}

/**
One by one: an advertisement this version cannot read must not hide the others. A thousand take 20 ms: others have their
turn in between.
*/
async function readEach(entries: readonly unknown[]): Promise<Advertisement[]> {
	const read: Advertisement[] = [];
	for (const [index, entry] of entries.entries()) {
		const {data} = advertisementSchema.safeParse(entry);
		if (data) {
			read.push(data);
		}

		if (index % advertisementsPerTurn === advertisementsPerTurn - 1) {
			await nextTurn();
		}
	}

	return read;
}

/** The cursor in the address of the next page. */
function readNextCursor(link: string): string | undefined {
	const [, address] = /<([^>]*)>[^,<]*;\s*rel="?next"?/i.exec(link) ?? [];
	const url = address !== undefined && URL.canParse(address, anyBase) ? new URL(address, anyBase) : undefined;
	return url?.searchParams.get('cursor') ?? undefined;
}
