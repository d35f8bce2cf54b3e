import {exitCodes, GolemError} from '../platform/golem-error.js';
import {
	type AdvertisementBody,
	advertisementBodySchema,
	signAdvertisement,
} from '../protocol/advertisement.js';
import type {Identity} from '../protocol/identity.js';
import {signRequest} from '../protocol/signed-request.js';
import {providerInfoSchema} from '../protocol/vm.js';
import type {Rental} from './rentals.js';
import {addressOf, type Requestor} from './requestor.js';

type Request = {method: string; path: string; body: string};

/** Where a request goes that somebody writes by hand, and how it is signed for there. */
export type ApiTarget = {
	target: {url: string} | {socket: string};
	/** For messages. */
	name: string;
	/** The headers that prove who sends. */
	sign(request: Request): Record<string, string>;
};

const isUrl = (text: string) => /^https?:\/\//i.test(text) && URL.canParse(text);

/**
A provider, by its id, its URL, the name it advertises, or the name of a VM that runs there.
@throws PROVIDER_UNKNOWN, PROVIDER_AMBIGUOUS
*/
export async function providerTarget(
	requestor: Requestor,
	text: string,
	signal: AbortSignal,
): Promise<ApiTarget> {
	const [address, identity] = await Promise.all([
		isUrl(text) ? addressByUrl(requestor, text, signal) : addressByName(requestor, text, signal),
		requestor.identity(),
	]);
	return {
		target: {url: address.url},
		name: `the provider ${address.id}`,
		sign: request =>
			signRequest(identity, 'Requestor', {
				...request,
				audience: address.id,
				timestamp: new Date().toISOString(),
			}),
	};
}

/** A discovery server. What is posted there is an advertisement, which is signed for everybody. */
export function discoveryTarget(url: string, identity: Identity): ApiTarget {
	if (!isUrl(url)) {
		throw new GolemError('USAGE', `--discovery: must be a URL such as http://host:9001, not «${url}»`, {
			exitCode: exitCodes.usage,
		});
	}

	return {
		target: {url},
		name: `the discovery server at ${url}`,
		sign({method, path, body}) {
			const timestamp = new Date().toISOString();
			const advertisement =
				method === 'POST' && /^\/api\/v1\/advertisements\/?(?:\?|$)/.test(path)
					? readAdvertisement(body)
					: undefined;
			return advertisement
				? signAdvertisement(identity, advertisement, timestamp)
				: signRequest(identity, 'Provider', {method, path, body, audience: new URL(url).host, timestamp});
		},
	};
}

function readAdvertisement(body: string): AdvertisementBody | undefined {
	return body === '' ? undefined : advertisementBodySchema.safeParse(JSON.parse(body)).data;
}

/**
Asks who answers there. One that calls itself by the id of a provider known elsewhere is not believed: what is signed for
that id would be good there too, and it could pass it on.
*/
async function addressByUrl(requestor: Requestor, url: string, signal: AbortSignal) {
	const {createHttpClient} = await import('../client/http-client.js');
	const client = createHttpClient({target: {url}, name: `the provider at ${url}`});
	const {provider_id: id} = await client.send('GET', '/api/v1/provider/info', providerInfoSchema, {signal});
	const known = (await knownProviders(requestor)).find(provider => provider.id === id);
	if (known && urlOf(known) !== new URL(url).origin) {
		throw new GolemError(
			'PROVIDER_AMBIGUOUS',
			`Who answers at ${url} calls itself ${id}, which you know at ${urlOf(known)}.`,
			{exitCode: exitCodes.conflict, hint: `Say which one you mean: --provider ${id}, or its own URL.`},
		);
	}

	return {id, url};
}

async function addressByName(requestor: Requestor, text: string, signal: AbortSignal) {
	const id = text.toLowerCase();
	const rental = await (await requestor.rentals()).get(text);
	const rented = rental?.provider ?? (await knownProviders(requestor)).find(known => known.id === id);
	if (rented) {
		return {id: rented.id, url: urlOf(rented)};
	}

	const advertised = (await requestor.findProviders({limit: 1000}, signal)).filter(
		({provider_id, name}) => provider_id === id || name === text,
	);
	const [found, ...others] = advertised;
	if (!found) {
		throw new GolemError('PROVIDER_UNKNOWN', `No provider, and no VM of yours, is called ${text}.`, {
			exitCode: exitCodes.notFound,
			hint: 'See those there are with: golem vm providers',
		});
	}

	if (others.length > 0) {
		throw new GolemError('PROVIDER_AMBIGUOUS', `${advertised.length} providers are called ${text}.`, {
			exitCode: exitCodes.conflict,
			hint: `Say one’s id: ${advertised.map(({provider_id}) => provider_id).join(', ')}`,
		});
	}

	return {id: found.provider_id, url: urlOf(addressOf(found))};
}

async function knownProviders(requestor: Requestor): Promise<Array<Rental['provider']>> {
	return (await (await requestor.rentals()).entries()).map(([, {provider}]) => provider);
}

function urlOf({host, port}: Rental['provider']): string {
	return new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`).origin;
}
