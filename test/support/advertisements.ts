import {createDiscoveryClient} from '../../source/client/discovery-client.js';
import {
	type Advertisement,
	type AdvertisementBody,
	signAdvertisement,
} from '../../source/protocol/advertisement.js';
import type {Identity} from '../../source/protocol/identity.js';
import {signRequest} from '../../source/protocol/signed-request.js';
import {type Answer, postJson, send} from './http.js';

/** An offer of a machine on the internet. */
export const offer = {
	ip_address: '8.8.4.4',
	country: 'SE',
	resources: {cpu: 4, memory: 8, storage: 100},
} satisfies AdvertisementBody;

/** Posts an advertisement as its provider does. */
export function advertise(
	target: {url: string},
	identity: Identity,
	change: Record<string, unknown> = {},
	timestamp = new Date().toISOString(),
): Promise<Answer> {
	const body = {...offer, ...change};
	return postJson(target, '/api/v1/advertisements', body, signAdvertisement(identity, body, timestamp));
}

/** What a discovery server tells of on its first page. */
export async function advertisementsOf({url}: {url: string}): Promise<Advertisement[]> {
	const page = await createDiscoveryClient(url).page({});
	return page.unchanged ? [] : page.advertisements;
}

/** Withdraws an advertisement as its provider does; or somebody else's, which is not to work. */
export function withdraw(
	target: {url: string},
	identity: Identity,
	providerId = identity.id,
): Promise<Answer> {
	const path = `/api/v1/advertisements/${providerId}`;
	const audience = new URL(target.url).host;
	const headers = signRequest(identity, 'Provider', {
		method: 'DELETE',
		path,
		audience,
		timestamp: new Date().toISOString(),
		body: '',
	});
	return send(target, {method: 'DELETE', path, headers: {Host: audience, ...headers}});
}
