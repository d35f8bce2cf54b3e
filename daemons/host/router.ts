import type {IncomingHttpHeaders} from 'node:http';
import type * as z from 'zod';
import type {Log} from '../../source/platform/log.js';
import {ApiError, type ErrorCode} from '../../source/protocol/error-codes.js';
import type {SignerRole} from '../../source/protocol/signed-request.js';

/** A request after the router has checked it; what a handler works with. */
export type ApiRequest<Query = unknown, Body = unknown> = {
	method: string;
	/** Path with query, as sent. */
	path: string;
	params: Record<string, string>;
	query: Query;
	body: Body;
	/** The body as it came, for signatures. */
	rawBody: Buffer;
	headers: IncomingHttpHeaders;
	/** The caller's; behind a trusted proxy, the one that the proxy was called from. */
	remoteAddress: string;
	/** Goes out with the answer, be it a good one or an error. */
	setAnswerHeaders(headers: Readonly<Record<string, string>>): void;
	log: Log;
	/** Aborted when the caller goes away or the server shuts down. */
	signal: AbortSignal;
};

/** A request of which nothing but its head has been looked at. */
export type ArrivedRequest = Pick<ApiRequest, 'method' | 'path' | 'headers' | 'remoteAddress'>;

/**
Counts a request, before its body is read.
@returns headers for the answer
@throws RATE_001 for one too many
*/
export type RequestLimit = (request: ArrivedRequest) => Promise<Record<string, string>>;

/** A stream of lines or events; it is ended when the caller goes, and its end ends the answer. */
export type StreamedAnswer = {contentType: string; chunks: AsyncIterable<string>};

/** What a handler answers. */
export type ApiAnswer = {
	status?: number;
	headers?: Record<string, string>;
	/** Sent as JSON. */
	body?: unknown;
	/** Sent as it is instead of a body. */
	text?: {contentType: string; content: string};
	/** Sent piece by piece instead of a body. */
	stream?: StreamedAnswer;
	/** Runs after the answer has gone out. */
	afterwards?: () => void;
};

/** One way a request can go well, for the API's document. */
export type AnswerDescription = {
	status: number;
	description: string;
	/** What the JSON is like, or the text of another content type. */
	schema?: z.ZodType;
	/** JSON where nothing is said. */
	contentType?: string;
	/** Headers besides those of every answer, each with what it tells. */
	headers?: Readonly<Record<string, string>>;
	/** Headers that it has only sometimes. */
	headersAtTimes?: Readonly<Record<string, string>>;
};

/** One line of an API's table. */
export type Route<Query = unknown, Body = unknown> = {
	method: 'GET' | 'POST' | 'DELETE';
	/** `:name` takes one segment. */
	path: string;
	/** One sentence; it is also the API's documentation. */
	summary: string;
	query?: z.ZodType<Query>;
	body?: z.ZodType<Body>;
	/** The code for faults in that field of the body and in nothing else; REQ_001 for all others. */
	faultCodes?: Readonly<Record<string, ErrorCode>>;
	/** Instead of the limit that the whole API has. */
	limit?: RequestLimit | 'none';
	/** Any JSON with status 200 where nothing is said. */
	answers?: readonly AnswerDescription[];
	/** Whose signature it takes to be answered. */
	signedBy?: SignerRole;
	/** Headers it heeds besides those of a signature, each with what it does. */
	requestHeaders?: Readonly<Record<string, string>>;
	/** Errors to be ready for besides those that any such route can have. */
	errorCodes?: readonly ErrorCode[];
	handle(request: ApiRequest<Query, Body>): Promise<ApiAnswer> | ApiAnswer;
};

/** Ties a handler's types to its schemas. The cast is the parse's edge: the router calls it with parsed values only. */
export function route<Query = unknown, Body = unknown>(definition: Route<Query, Body>): Route {
	return definition as Route;
}

export type RouteMatch = {route: Route; params: Record<string, string>};

/**
Finds the route for a request; literal segments win over parameters.
@throws REQ_404 for an unknown path, REQ_405 (with an `Allow` header) for an unknown method
*/
export function createRouteTable(routes: readonly Route[]): (method: string, pathname: string) => RouteMatch {
	const patterns = routes.map(candidate => ({candidate, segments: candidate.path.split('/')}));
	return (method, pathname) => {
		const segments = pathname.split('/');
		const matches = patterns
			.filter(({segments: pattern}) => fits(pattern, segments))
			.sort(
				(a, b) =>
					countParameters(a.segments) - countParameters(b.segments) ||
					Number(b.candidate.method === method) - Number(a.candidate.method === method) ||
					// `/:vm/start` before `/jobs/:job`: somebody may call a VM so, but a job has no such id.
					firstParameter(a.segments) - firstParameter(b.segments),
			);
		const [best] = matches;
		if (!best) {
			throw new ApiError('REQ_404', `There is no ${pathname} here.`);
		}

		const samePath = matches.filter(({candidate}) => candidate.path === best.candidate.path);
		const match = samePath.find(({candidate}) => candidate.method === method);
		if (!match) {
			const allow = samePath.map(({candidate}) => candidate.method);
			throw new ApiError('REQ_405', `${pathname} does not take ${method}, only ${allow.join(', ')}.`, {
				headers: {Allow: allow.join(', ')},
			});
		}

		return {route: match.candidate, params: readParameters(match.segments, segments)};
	};
}

const isParameter = (segment: string) => segment.startsWith(':');

const firstParameter = (segments: string[]) => segments.findIndex(isParameter);

const countParameters = (segments: string[]) => segments.filter(isParameter).length;

function fits(pattern: string[], segments: string[]): boolean {
	return (
		pattern.length === segments.length &&
		pattern.every((part, index) => (isParameter(part) ? segments[index] !== '' : part === segments[index]))
	);
}

function readParameters(pattern: string[], segments: string[]): Record<string, string> {
	const entries = pattern.flatMap((part, index) =>
		isParameter(part) ? [[part.slice(1), decodeSegment(segments[index] ?? '')]] : [],
	);
	return Object.fromEntries(entries);
}

function decodeSegment(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		throw new ApiError('REQ_404', `There is no ${segment} here.`);
	}
}
