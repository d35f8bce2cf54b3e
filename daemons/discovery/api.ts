import * as z from 'zod';
import {isPublicAddress} from '../../source/protocol/address.js';
import {
	type Advertisement,
	type AdvertisementBody,
	advertisementBodySchema,
	advertisementText,
} from '../../source/protocol/advertisement.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {identityIdSchema} from '../../source/protocol/identity.js';
import {
	type Credentials,
	checkSignature,
	checkTimestamp,
	readCredentials,
} from '../../source/protocol/signed-request.js';
import {type ApiRequest, type Route, route} from '../host/router.js';
import type {Registry} from './registry.js';
import {publishedSchema, searchRoute} from './search.js';
import {createWithdrawalAuthenticator} from './withdrawal.js';

export type DiscoveryApiOptions = {
	registry: Registry;
	requireSignatures: boolean;
	allowPrivate: boolean;
	/** Under which names, as in `name:port`, this server is called; with none, a request's own Host is believed. */
	names?: readonly string[];
	/** Is each search, and each advertisement as it came, to be logged? */
	logsDetails?: boolean;
	onChange: () => void;
};

/** The public API of discovery. */
export function discoveryRoutes(options: DiscoveryApiOptions): Route[] {
	const {registry, requireSignatures, allowPrivate, onChange} = options;
	const {names = [], logsDetails = false} = options;
	const authenticate = createWithdrawalAuthenticator(names);

	return [
		route({
			method: 'POST',
			path: '/api/v1/advertisements',
			summary: 'A provider tells what it offers; it holds for five minutes.',
			body: advertisementBodySchema,
			faultCodes: {resources: 'ADV_002'},
			answers: [
				{status: 200, description: 'The advertisement as others see it now.', schema: publishedSchema},
			],
			...(requireSignatures
				? {signedBy: 'Provider'}
				: {
						requestHeaders: {
							'X-Provider-ID': 'The Ethereum address of who advertises.',
							'X-Provider-Signature': 'Anything; this server does not look at it.',
						},
						errorCodes: ['AUTH_003'],
					}),
			async handle(request) {
				const credentials = requireSignatures
					? checkStatement(request, Date.now())
					: readUnsignedCredentials(request, Date.now());
				checkAddress(request.body.ip_address, allowPrivate);
				const advertisement = await registry.put({
					...request.body,
					provider_id: credentials.id,
					timestamp: credentials.timestamp,
					signature: credentials.signature,
				});
				const {resources} = request.body;
				request.log.info(
					{provider_id: credentials.id, resources, ...(logsDetails ? {advertisement: request.body} : {})},
					'advertised',
				);
				onChange();
				return {body: advertisement};
			},
		}),
		searchRoute(registry, {logsSearches: logsDetails}),
		route({
			method: 'GET',
			path: '/api/v1/advertisements/:provider_id',
			summary: 'What one provider offers.',
			answers: [{status: 200, description: 'Its advertisement.', schema: publishedSchema}],
			errorCodes: ['ADV_004'],
			handle: ({params}) => ({body: find(registry, params)}),
		}),
		route({
			method: 'DELETE',
			path: '/api/v1/advertisements/:provider_id',
			summary: 'A provider withdraws its own advertisement.',
			signedBy: 'Provider',
			answers: [
				{
					status: 200,
					description: 'It is gone.',
					schema: z.object({status: z.literal('success')}),
				},
			],
			errorCodes: ['AUTH_004', 'ADV_004'],
			async handle(request) {
				const id = authenticate(request);
				if (id !== readProviderId(request.params)) {
					throw new ApiError('AUTH_004', 'Only the provider itself can withdraw its advertisement.');
				}

				find(registry, request.params);
				await registry.remove(id);
				request.log.info({provider_id: id}, 'withdrawn');
				onChange();
				return {body: {status: 'success'}};
			},
		}),
		route({
			method: 'GET',
			path: '/health',
			summary: 'Is this server well?',
			limit: 'none',
			answers: [
				{
					status: 200,
					description: 'It is.',
					schema: z.object({
						status: z.literal('healthy'),
						advertisements: z.number().int().min(0),
					}),
				},
			],
			handle: () => ({body: {status: 'healthy', advertisements: registry.count()}}),
		}),
	];
}

/** The advertisement of the provider in the path. */
function find(registry: Registry, params: Record<string, string>): Advertisement {
	const advertisement = registry.get(readProviderId(params));
	if (!advertisement) {
		throw new ApiError(
			'ADV_004',
			`No advertisement of ${params['provider_id']} is known; it may have expired.`,
		);
	}

	return advertisement;
}

function readProviderId(params: Record<string, string>): string {
	const parsed = z.safeParse(identityIdSchema, params['provider_id']);
	if (!parsed.success) {
		throw new ApiError('ADV_004', 'A provider id is an Ethereum address: 0x and 40 hex digits.');
	}

	return parsed.data;
}

/** Is this what that provider signed, and just now? */
function checkStatement(request: ApiRequest<unknown, AdvertisementBody>, nowMs: number): Credentials {
	const credentials = readCredentials(request.headers, 'Provider');
	checkTimestamp(credentials.timestamp, nowMs);
	checkSignature(canonicalText(credentials, request.body), credentials);
	return credentials;
}

function canonicalText({id, timestamp}: Credentials, body: AdvertisementBody): string {
	try {
		return advertisementText(id, timestamp, body);
	} catch (error) {
		throw new ApiError(
			'REQ_001',
			'The body has no canonical form (RFC 8785), so nobody can have signed it.',
			{
				details: {issues: [{path: '', message: error instanceof Error ? error.message : 'not canonical'}]},
			},
		);
	}
}

/** The older network's programs send an id and the word «signature»; their time is the time we heard them. */
function readUnsignedCredentials({headers}: ApiRequest, nowMs: number): Credentials {
	const id = identityIdSchema.safeParse(headers['x-provider-id']);
	if (!id.success) {
		throw new ApiError('AUTH_003', 'The header X-Provider-ID must be an Ethereum address.');
	}

	return {
		id: id.data,
		timestamp: new Date(nowMs).toISOString(),
		signature: String(headers['x-provider-signature'] ?? ''),
	};
}

function checkAddress(address: string, allowPrivate: boolean): void {
	if (!allowPrivate && !isPublicAddress(address)) {
		throw new ApiError('REQ_001', `ip_address: ${address} is not a public address; nobody could reach it.`, {
			details: {issues: [{path: 'ip_address', message: 'must be a public address'}]},
			hint: 'A server for a private network accepts it with DISCOVERY_ALLOW_PRIVATE=true.',
		});
	}
}
