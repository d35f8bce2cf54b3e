import canonicalize from 'canonicalize';
import * as z from 'zod';
import {countrySchema} from './country.js';
import {type Identity, identityIdSchema, recoverSigner, signatureSchema} from './identity.js';
import {freeResourcesSchema, resourcesSchema} from './resources.js';
import {timestampSchema} from './time.js';

/** From the moment it was posted; after that it is as if it had never been. */
export const advertisementLifetimeMs = 300_000;

const line = (maximum: number) =>
	z
		.string()
		.min(1, 'must not be empty')
		.max(maximum, `must have at most ${maximum} characters`)
		.regex(/^\P{C}*$/u, 'must be one line of printable characters');

/** What a provider calls itself. */
export const providerNameSchema = line(64);

/** Prices in GLM an hour. */
export const pricingSchema = z.looseObject({
	cpu_core_hour: z.number().min(0),
	memory_gb_hour: z.number().min(0),
	storage_gb_hour: z.number().min(0),
});

/** What a provider posts. Fields that this version does not know are kept: they are part of what was signed. */
export const advertisementBodySchema = z.looseObject({
	ip_address: z.union([z.ipv4(), z.ipv6()], 'must be an IPv4 or IPv6 address'),
	country: countrySchema,
	resources: resourcesSchema,
	port: z.number().int().min(1).max(65_535).optional(),
	name: providerNameSchema.optional(),
	images: z.array(line(64)).max(64).optional(),
	pricing: pricingSchema.optional(),
	platform: z.looseObject({}).optional(),
	/** What the provider's machine is short of at the moment; while there is any, it takes no new VM. */
	over_threshold: z.array(line(32)).max(8).optional(),
});
export type AdvertisementBody = z.infer<typeof advertisementBodySchema>;

/** What a provider said, and the proof that it did. */
export const advertisementStatementSchema = advertisementBodySchema.extend({
	provider_id: identityIdSchema,
	timestamp: timestampSchema,
	signature: z.string(),
});
export type AdvertisementStatement = z.infer<typeof advertisementStatementSchema>;

/** What discovery hands out: the statement, and when it came in. */
export const advertisementSchema = advertisementStatementSchema.extend({
	created_at: timestampSchema,
	updated_at: timestampSchema,
});
export type Advertisement = z.infer<typeof advertisementSchema>;

/** What a requestor asks discovery for; each given amount is a minimum. */
export const advertisementQuerySchema = z.object({
	cpu: z.coerce.number().int().min(1).max(4096).optional(),
	memory: z.coerce.number().int().min(1).max(65_536).optional(),
	storage: z.coerce.number().int().min(1).max(1_048_576).optional(),
	country: countrySchema.optional(),
	limit: z.coerce.number().int().min(1).max(1000).default(100),
	cursor: z.string().max(256).optional(),
});
export type AdvertisementQuery = z.input<typeof advertisementQuerySchema>;

/**
The text an advertisement's signature is over: the RFC 8785 form of everything the provider says.
@throws where it has no such form, as numbers beyond a double or half a surrogate pair have none
*/
export function advertisementText(providerId: string, timestamp: string, body: AdvertisementBody): string {
	return `golem-advertisement-v1\n${canonicalize({...body, provider_id: providerId, timestamp})}`;
}

/** Signs an advertisement; the three headers go with it to any discovery server. */
export function signAdvertisement(
	identity: Identity,
	body: AdvertisementBody,
	timestamp: string,
): Record<string, string> {
	return {
		'X-Provider-ID': identity.id,
		'X-Provider-Timestamp': timestamp,
		'X-Provider-Signature': identity.sign(advertisementText(identity.id, timestamp, body)),
	};
}

/** Did the provider itself say this? Discovery is not trusted, so every reader asks. */
export function isAdvertisementGenuine(advertisement: Advertisement): boolean {
	const {
		provider_id,
		timestamp,
		signature,
		created_at: _created,
		updated_at: _updated,
		...body
	} = advertisement;
	try {
		return (
			signatureSchema.safeParse(signature).success &&
			recoverSigner(advertisementText(provider_id, timestamp, body), signature) === provider_id
		);
	} catch {
		// What has no canonical form was signed by nobody.
		return false;
	}
}

/** Free and total amounts of a provider. */
export const providerResourcesSchema = z.object({total: freeResourcesSchema, available: freeResourcesSchema});
