import type http from 'node:http';
import * as z from 'zod';
import {createHttpApi, type HttpApiOptions} from './http-server.js';
import type {Metrics} from './metrics.js';
import {createOpenApiDocument} from './openapi.js';
import {type Route, route} from './router.js';

/** Streams have a line every ten seconds, and everything else is small. */
const answerTimeoutMs = 60_000;

/** A quarter of all: nobody can keep everybody else out alone. */
const connectionsPerAddress = 512;

export type PublicApiOptions = Pick<
	HttpApiOptions,
	'routes' | 'log' | 'limit' | 'trustedProxies' | 'signal'
> & {
	/** Whose API this is, for people. */
	title: string;
	metrics: Metrics;
};

/** A daemon's API for the world: its own routes, and those that every daemon has. */
export function createPublicApi({title, metrics, ...options}: PublicApiOptions): http.Server {
	const routes: Route[] = [...options.routes, metricsRoute(metrics)];
	const document = route({
		method: 'GET',
		path: '/api/v1/openapi.json',
		summary: 'This API as an OpenAPI document.',
		answers: [{status: 200, description: 'OpenAPI 3.1.', schema: z.looseObject({openapi: z.string()})}],
		handle: () => ({body: describe()}),
	});
	routes.push(document);
	const describe = remember(() => createOpenApiDocument({title, routes, limit: options.limit}));
	return createHttpApi({
		...options,
		routes,
		answerTimeoutMs,
		connectionsPerAddress,
		onAnswered: metrics.count,
	});
}

function metricsRoute(metrics: Metrics): Route {
	return route({
		method: 'GET',
		path: '/metrics',
		summary: 'Figures of this process, for Prometheus.',
		// Who watches a server that is under attack must not be locked out with the attackers.
		limit: 'none',
		answers: [
			{
				status: 200,
				description: 'Prometheus’ text format.',
				contentType: 'text/plain',
				schema: z.string(),
			},
		],
		handle: async () => ({text: await metrics.read()}),
	});
}

function remember<Value>(make: () => Value): () => Value {
	let made: {value: Value} | undefined;
	return () => {
		made ??= {value: make()};
		return made.value;
	};
}
