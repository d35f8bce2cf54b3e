import {Validator} from '@seriousme/openapi-schema-validator';
import test from 'ava';
import * as z from 'zod';
import {createOpenApiDocument} from '../../../daemons/host/openapi.js';
import {createRateLimit, limitByAddress} from '../../../daemons/host/rate-limit.js';
import {type Route, route} from '../../../daemons/host/router.js';
import {version} from '../../../source/platform/program.js';

const routes: Route[] = [
	route({
		method: 'POST',
		path: '/things/:id/parts/:part',
		summary: 'Makes a part.',
		query: z.object({times: z.coerce.number().int().default(1), kind: z.enum(['a', 'b'])}),
		body: z
			.object({word: z.string(), size: z.number().default(1)})
			.transform(({word, size}) => word.repeat(size)),
		signedBy: 'Requestor',
		requestHeaders: {'Idempotency-Key': 'The same key makes the same part.'},
		answers: [
			{
				status: 200,
				description: 'Made.',
				schema: z.object({part: z.string()}),
				headers: {'X-Part': 'Its number.'},
			},
			{status: 202, description: 'Begun.'},
		],
		faultCodes: {word: 'IMG_001'},
		errorCodes: ['VM_002', 'RES_001', 'VM_003'],
		handle: () => ({}),
	}),
	route({method: 'GET', path: '/things/:id/parts/:part', summary: 'A part.', handle: () => ({})}),
	route({
		method: 'GET',
		path: '/events',
		summary: 'What happens.',
		limit: 'none',
		answers: [
			{status: 200, description: 'Events.', contentType: 'text/event-stream', schema: z.string()},
			{status: 503, description: 'Not yet.', schema: z.object({status: z.literal('starting')})},
		],
		handle: () => ({}),
	}),
];

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the document has, and fails where it has not
const document: any = createOpenApiDocument({
	title: 'things',
	routes,
	limit: limitByAddress(createRateLimit({perMinute: 1})),
});
const made = document.paths['/things/{id}/parts/{part}'].post;

test('it is an OpenAPI 3.1 document of this version', async t => {
	const {valid, errors} = await new Validator().validate(structuredClone(document));
	t.true(valid, JSON.stringify(errors));
	t.like(document, {info: {title: 'things', version}});
	t.true(document.openapi.startsWith('3.1.'));
});

test('each method of a path is an operation with a name of its own', t => {
	t.deepEqual(Object.keys(document.paths), ['/things/{id}/parts/{part}', '/events']);
	t.deepEqual(Object.keys(document.paths['/things/{id}/parts/{part}']), ['post', 'get']);
	t.is(made.operationId, 'postThingsIdPartsPart');
	t.is(document.paths['/events'].get.operationId, 'getEvents');
});

test('parameters of path, query and headers are all there, and which of them can be left out', t => {
	t.deepEqual(
		made.parameters.map(({name, in: place, required}: Record<string, unknown>) => [place, name, required]),
		[
			['path', 'id', true],
			['path', 'part', true],
			['query', 'times', false],
			['query', 'kind', true],
			['header', 'Idempotency-Key', undefined],
		],
	);
});

test('a body is described as it is sent, not as it is understood', t => {
	const {schema} = made.requestBody.content['application/json'];
	t.deepEqual(Object.keys(schema.properties), ['word', 'size']);
	t.deepEqual(schema.required, ['word']);
});

test('answers and errors are by status, with the codes of each', t => {
	const {responses} = made;
	t.deepEqual(Object.keys(responses), ['200', '202', '400', '401', '404', '409', '413', '415', '429', '500']);
	t.is(responses[400].description, '`REQ_001`, `IMG_001`');
	t.is(responses[401].description, '`AUTH_001`, `AUTH_002`, `AUTH_003`');
	t.is(responses[409].description, '`RES_001`, `VM_003`');
	t.deepEqual(Object.keys(responses[200].headers), [
		'Golem-Version',
		'RateLimit-Limit',
		'RateLimit-Remaining',
		'RateLimit-Reset',
		'X-Part',
	]);
	t.true('Retry-After' in responses[429].headers);
	t.deepEqual(document.components.schemas.Error.required, ['code', 'message', 'timestamp', 'details']);
});

test('a signature takes its three headers at once', t => {
	t.deepEqual(made.security, [{RequestorID: [], RequestorTimestamp: [], RequestorSignature: []}]);
	t.deepEqual(
		Object.values(document.components.securitySchemes).map(scheme => (scheme as {name: string}).name),
		['X-Requestor-ID', 'X-Requestor-Timestamp', 'X-Requestor-Signature'],
	);
	t.false('security' in document.paths['/events'].get);
});

test('what a route says itself wins over what any route can answer', t => {
	const {responses} = document.paths['/events'].get;
	t.deepEqual(Object.keys(responses), ['200', '500', '503']);
	t.deepEqual(Object.keys(responses[200].content), ['text/event-stream']);
	t.is(responses[503].description, 'Not yet.');
	t.deepEqual(Object.keys(responses[200].headers), ['Golem-Version']);
});
