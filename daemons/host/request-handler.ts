import type http from 'node:http';
import type {Log} from '../../source/platform/log.js';
import {setHeaders} from './answers.js';
import {createClientAddressFinder} from './client-address.js';
import {parseJson, parseWith, readBody} from './request-body.js';
import {unknownRoute} from './request-log.js';
import {type ApiAnswer, type ApiRequest, createRouteTable, type RequestLimit, type Route} from './router.js';

const bodyLimit = 64 * 1024;

export type RequestHandlerOptions = {
	routes: readonly Route[];
	/** Throws an ApiError for a request that must not even be looked at. */
	guard?: ((request: http.IncomingMessage) => void) | undefined;
	/** Counts each request, to unknown paths too, but to routes that have a limit of their own or none. */
	limit?: RequestLimit | undefined;
	/** Whose X-Forwarded-For is believed: addresses and ranges. */
	trustedProxies?: readonly string[] | undefined;
};

/** A request as it comes in. */
export type Arrival = {
	incoming: http.IncomingMessage;
	response: http.ServerResponse;
	/** Where its route is noted as soon as it is known. */
	seen: {route: string};
	log: Log;
	signal: AbortSignal;
};

/** Takes a request through guard, table, limit, body and schemas to its handler. */
export function createRequestHandler({
	routes,
	guard,
	limit: limitOfAll,
	trustedProxies,
}: RequestHandlerOptions): (arrival: Arrival) => Promise<ApiAnswer> {
	const find = createRouteTable(routes);
	const findClientAddress = createClientAddressFinder(trustedProxies);
	return async ({incoming, response, seen, log, signal}) => {
		guard?.(incoming);
		const {headers, method = 'GET'} = incoming;
		const path = toOriginForm(incoming.url ?? '/');
		const [pathname = '/', search = ''] = splitOnce(path, '?');
		const arrived = {method, path, headers, remoteAddress: findClientAddress(incoming)};
		const setAnswerHeaders: ApiRequest['setAnswerHeaders'] = more => setHeaders(response, more);
		const match = attempt(() => find(method, pathname));
		const limit = ('result' in match ? match.result.route.limit : undefined) ?? limitOfAll ?? 'none';
		seen.route = 'result' in match ? match.result.route.path : unknownRoute;
		if (limit !== 'none') {
			setAnswerHeaders(await limit(arrived));
		}

		if ('error' in match) {
			throw match.error;
		}

		const {route, params} = match.result;
		const rawBody = await readBody(incoming, bodyLimit);
		return route.handle({
			...arrived,
			params,
			query: route.query
				? parseWith(route.query, Object.fromEntries(new URLSearchParams(search)), 'query')
				: {},
			body: route.body
				? parseWith(route.body, parseJson(incoming, rawBody), 'body', route.faultCodes)
				: undefined,
			rawBody,
			setAnswerHeaders,
			log,
			signal,
		});
	};
}

function attempt<Result>(action: () => Result): {result: Result} | {error: unknown} {
	try {
		return {result: action()};
	} catch (error) {
		return {error};
	}
}

/** A request that names the server too, as those to proxies do, means the path on it. */
function toOriginForm(target: string): string {
	const [, rest] = /^https?:\/\/[^/?]*(.*)$/i.exec(target) ?? [];
	return rest === undefined ? target : rest.startsWith('/') ? rest : `/${rest}`;
}

function splitOnce(text: string, separator: string): string[] {
	const at = text.indexOf(separator);
	return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
