import * as z from 'zod';
import {version} from '../../source/platform/program.js';
import {versionHeader} from '../../source/protocol/control.js';
import {type ErrorCode, errorBodySchema, errorCodes} from '../../source/protocol/error-codes.js';
import type {SignerRole} from '../../source/protocol/signed-request.js';
import type {AnswerDescription, RequestLimit, Route} from './router.js';

export type OpenApiOptions = {
	title: string;
	routes: readonly Route[];
	/** The limit of the routes that do not say otherwise. */
	limit?: RequestLimit | undefined;
};

type Json = Record<string, unknown>;

const jsonType = 'application/json';

const rateHeaders = {
	'RateLimit-Limit': 'Requests a minute.',
	'RateLimit-Remaining': 'Requests left in this minute.',
	'RateLimit-Reset': 'Seconds until a new minute begins.',
} as const;

/** The OpenAPI 3.1 document of an API, made of the same table and schemas that its requests go through. */
export function createOpenApiDocument({title, routes, limit}: OpenApiOptions): Json {
	const paths = new Set(routes.map(({path}) => path));
	const roles = new Set(routes.flatMap(({signedBy}) => signedBy ?? []));
	return {
		openapi: '3.1.1',
		info: {title, version, license: {name: 'MIT', identifier: 'MIT'}},
		servers: [{url: '/'}],
		paths: Object.fromEntries(
			[...paths].map(path => [
				path.replaceAll(/:(\w+)/g, '{$1}'),
				Object.fromEntries(
					routes
						.filter(route => route.path === path)
						.map(route => [route.method.toLowerCase(), describeRoute(route, isLimited(route, limit))]),
				),
			]),
		),
		components: {
			schemas: {Error: toJsonSchema(errorBodySchema, 'output')},
			headers: {
				...Object.fromEntries(
					Object.entries(rateHeaders).map(([name, description]) => [
						name,
						{description, schema: {type: 'integer'}},
					]),
				),
				[versionHeader]: {description: 'The version of the server.', schema: {type: 'string'}},
			},
			securitySchemes: Object.fromEntries([...roles].flatMap(securitySchemes)),
		},
	};
}

/** `getApiV1AdvertisementsProviderId` */
function nameOperation({method, path}: Route): string {
	const words = path.split(/[^a-z0-9]+/i).filter(Boolean);
	return method.toLowerCase() + words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function isLimited({limit}: Route, limitOfAll: RequestLimit | undefined): boolean {
	return (limit ?? limitOfAll ?? 'none') !== 'none';
}

function describeRoute(route: Route, hasLimit: boolean): Json {
	const answers = route.answers ?? [{status: 200, description: 'It went well.'}];
	return {
		operationId: nameOperation(route),
		summary: route.summary,
		parameters: describeParameters(route),
		...(route.body
			? {
					requestBody: {
						required: true,
						content: {[jsonType]: {schema: toJsonSchema(route.body, 'input')}},
					},
				}
			: {}),
		...(route.signedBy
			? {security: [Object.fromEntries(securitySchemes(route.signedBy).map(([name]) => [name, []]))]}
			: {}),
		responses: {
			...describeErrors(route, hasLimit),
			...Object.fromEntries(answers.map(answer => [answer.status, describeAnswer(answer, hasLimit)])),
		},
	};
}

function describeParameters({path, query, requestHeaders = {}}: Route): Json[] {
	const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
		name,
		in: 'path',
		required: true,
		schema: {type: 'string', minLength: 1},
	}));
	const {properties = {}, required = []} = query ? toJsonSchema(query, 'input') : {};
	const inQuery = Object.entries(properties ?? {}).map(([name, schema]) => ({
		name,
		in: 'query',
		required: Array.isArray(required) && required.includes(name),
		schema,
	}));
	const inHeader = Object.entries(requestHeaders).map(([name, description]) => ({
		name,
		in: 'header',
		description,
		schema: {type: 'string'},
	}));
	return [...inPath, ...inQuery, ...inHeader];
}

function describeAnswer(
	{status, description, schema, contentType = jsonType, headers = {}, headersAtTimes = {}}: AnswerDescription,
	hasLimit: boolean,
): Json {
	return {
		description,
		headers: {
			...describeCommonHeaders(hasLimit),
			...Object.fromEntries(
				Object.entries(headers).map(([name, text]) => [
					name,
					{description: text, required: true, schema: {type: 'string'}},
				]),
			),
			...Object.fromEntries(
				Object.entries(headersAtTimes).map(([name, text]) => [
					name,
					{description: text, required: false, schema: {type: 'string'}},
				]),
			),
		},
		...(status === 304
			? {}
			: {content: {[contentType]: {schema: schema ? toJsonSchema(schema, 'output') : {}}}}),
	};
}

/** One answer a status, for OpenAPI knows errors by their status only; the codes are in its description. */
function describeErrors(route: Route, hasLimit: boolean): Json {
	const codes = new Set<ErrorCode>([
		...(route.body ? (['REQ_001', 'REQ_002', 'REQ_003'] as const) : []),
		...(route.query ? (['REQ_001'] as const) : []),
		...(route.signedBy ? (['AUTH_001', 'AUTH_002', 'AUTH_003'] as const) : []),
		...(hasLimit ? (['RATE_001'] as const) : []),
		...Object.values(route.faultCodes ?? {}),
		...(route.errorCodes ?? []),
		'SRV_001',
	]);
	const statuses = new Set([...codes].map(code => errorCodes[code].status));
	return Object.fromEntries(
		[...statuses].map(status => [
			status,
			{
				description: [...codes]
					.filter(code => errorCodes[code].status === status)
					.map(code => `\`${code}\``)
					.join(', '),
				headers: {
					...describeCommonHeaders(hasLimit),
					...(status === 429
						? {'Retry-After': {description: 'Seconds to wait.', schema: {type: 'integer'}}}
						: {}),
				},
				content: {[jsonType]: {schema: {$ref: '#/components/schemas/Error'}}},
			},
		]),
	);
}

function describeCommonHeaders(hasLimit: boolean): Json {
	const names = [versionHeader, ...(hasLimit ? Object.keys(rateHeaders) : [])];
	return Object.fromEntries(names.map(name => [name, {$ref: `#/components/headers/${name}`}]));
}

function securitySchemes(role: SignerRole): Array<[string, Json]> {
	const scheme = (name: string, description: string): [string, Json] => [
		`${role}${name}`,
		{type: 'apiKey', in: 'header', name: `X-${role}-${name}`, description},
	];
	return [
		scheme('ID', 'The Ethereum address of who signs.'),
		scheme('Timestamp', 'When it was signed: ISO 8601 in UTC, at most 60 s from the server’s time.'),
		scheme('Signature', 'EIP-191 over what is sent and the timestamp: 65 bytes as 0x and hex.'),
	];
}

/** What no JSON schema can say, such as a transform's outcome, is left open. */
function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
	const {$schema: _, ...rest} = z.toJSONSchema(schema, {io, unrepresentable: 'any'});
	return rest;
}
