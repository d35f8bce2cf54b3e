import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import http from 'node:http';
import type * as z from 'zod';
import type {Log} from '../../source/platform/log.js';
import {version} from '../../source/platform/program.js';
import {versionHeader} from '../../source/protocol/control.js';
import {ApiError, type ErrorBody, type ErrorCode} from '../../source/protocol/error-codes.js';
import {type ApiAnswer, type ApiRequest, createRouteTable, type Route} from './router.js';

const defaultBodyLimit = 64 * 1024;

export type HttpApiOptions = {
	routes: readonly Route[];
	log: Log;
	/** Throws an ApiError for a request that must not even be looked at. */
	guard?: (request: http.IncomingMessage) => void;
	/** Ends every open answer. */
	signal: AbortSignal;
};

/** A plain `node:http` server over a table of routes. Not listening yet. */
export function createHttpApi({routes, log, guard, signal}: HttpApiOptions): http.Server {
	const find = createRouteTable(routes);
	const server = http.createServer(
		// Slow senders do not keep a connection: Node ends them with 408 by these deadlines.
		{
			headersTimeout: 10_000,
			requestTimeout: 30_000,
			connectionsCheckingInterval: 5000,
			maxHeaderSize: 16_384,
		},
		(incoming, response) => {
			const id = randomUUID();
			const requestLog = log.child({request_id: id});
			const gone = new AbortController();
			response.once('close', () => gone.abort(new Error('the caller went away')));
			const answerSignal = AbortSignal.any([signal, gone.signal]);
			response.setHeader(versionHeader, version);
			handle()
				.then(answer => sendAnswer(response, answer, answerSignal))
				.catch((error: unknown) => sendError(response, error, {id, log: requestLog}));

			async function handle(): Promise<ApiAnswer> {
				guard?.(incoming);
				const path = incoming.url ?? '/';
				const [pathname = '/', search = ''] = splitOnce(path, '?');
				const method = incoming.method ?? 'GET';
				const {route, params} = find(method, pathname);
				const rawBody = await readBody(incoming, route.bodyLimit ?? defaultBodyLimit);
				const request: ApiRequest = {
					id,
					method,
					path,
					params,
					query: route.query
						? parse(route.query, Object.fromEntries(new URLSearchParams(search)), 'query')
						: {},
					body: route.body
						? parse(route.body, parseJson(incoming, rawBody), 'body', route.faultCodes)
						: undefined,
					rawBody,
					headers: incoming.headers,
					remoteAddress: plainAddress(incoming.socket.remoteAddress ?? ''),
					log: requestLog,
					signal: answerSignal,
				};
				return route.handle(request);
			}
		},
	);
	server.on('clientError', (_error, socket) => {
		// What is no HTTP at all gets the shortest answer that is.
		if (socket.writable) {
			socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
		}
	});
	return server;
}

/** Stops taking connections, gives open answers that long to finish, then cuts them. */
export async function closeHttpServer(server: http.Server, graceMs = 2000): Promise<void> {
	if (!server.listening) {
		return;
	}

	await new Promise<void>(resolve => {
		const timer = setTimeout(() => server.closeAllConnections(), graceMs);
		server.close(() => {
			clearTimeout(timer);
			resolve();
		});
		server.closeIdleConnections();
	});
}

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
function plainAddress(address: string): string {
	return address.startsWith('::ffff:') ? address.slice(7) : address;
}

async function readBody(incoming: http.IncomingMessage, limit: number): Promise<Buffer> {
	const tooLarge = () => new ApiError('REQ_002', `The body is larger than ${limit} bytes.`);
	if (Number(incoming.headers['content-length'] ?? 0) > limit) {
		throw tooLarge();
	}

	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of incoming) {
		size += chunk.length;
		if (size > limit) {
			throw tooLarge();
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks);
}

function parseJson(incoming: http.IncomingMessage, rawBody: Buffer): unknown {
	const contentType = incoming.headers['content-type'] ?? '';
	if (!/^application\/json\s*(;|$)/i.test(contentType)) {
		throw new ApiError('REQ_003', 'The body must be sent as application/json.');
	}

	try {
		return JSON.parse(rawBody.toString('utf8'));
	} catch (error) {
		throw new ApiError('REQ_001', 'The body is not JSON.', {
			details: {issues: [{path: '', message: error instanceof Error ? error.message : 'not JSON'}]},
		});
	}
}

function parse<Value>(
	schema: z.ZodType<Value>,
	value: unknown,
	what: string,
	faultCodes: Readonly<Record<string, ErrorCode>> = {},
): Value {
	const parsed = schema.safeParse(value);
	if (parsed.success) {
		return parsed.data;
	}

	const issues = parsed.error.issues.map(issue => ({path: issue.path.join('.'), message: issue.message}));
	const summary = issues.map(({path, message}) => (path ? `${path}: ${message}` : message)).join('; ');
	const fields = new Set(parsed.error.issues.map(({path}) => String(path[0])));
	const [field] = fields;
	const code = (fields.size === 1 && field !== undefined && faultCodes[field]) || 'REQ_001';
	throw new ApiError(code, `The ${what} does not fit: ${summary}`, {details: {issues}});
}

async function sendAnswer(
	response: http.ServerResponse,
	answer: ApiAnswer,
	signal: AbortSignal,
): Promise<void> {
	for (const [name, value] of Object.entries(answer.headers ?? {})) {
		response.setHeader(name, value);
	}

	if (answer.stream) {
		response.writeHead(answer.status ?? 200, {
			'Content-Type': answer.stream.contentType,
			'Cache-Control': 'no-store',
		});
		response.flushHeaders();
		await pump(response, answer.stream.chunks, signal);
		return;
	}

	const body = Buffer.from(JSON.stringify(answer.body ?? {}));
	response.writeHead(answer.status ?? 200, {
		'Content-Type': 'application/json; charset=utf-8',
		'Content-Length': body.length,
	});
	response.end(body, answer.afterwards);
}

/** Writes no faster than the caller reads, and stops asking for more when they are gone. */
async function pump(
	response: http.ServerResponse,
	chunks: AsyncIterable<string>,
	signal: AbortSignal,
): Promise<void> {
	for await (const chunk of chunks) {
		if (signal.aborted || response.destroyed) {
			break;
		}

		if (!response.write(chunk)) {
			// A caller that goes away aborts the signal.
			await once(response, 'drain', {signal}).catch(() => {});
		}
	}

	response.end();
}

function sendError(response: http.ServerResponse, error: unknown, {id, log}: {id: string; log: Log}): void {
	if (response.headersSent || response.destroyed) {
		log.debug({err: error}, 'answer cut short');
		response.destroy();
		return;
	}

	const known = error instanceof ApiError ? error : undefined;
	if (!known) {
		log.error({err: error}, 'request failed by a fault of ours');
	}

	const body: ErrorBody = {
		code: known?.code ?? 'SRV_001',
		message: known?.message ?? 'Something went wrong on this side; the log has more under the id in details.',
		timestamp: new Date().toISOString(),
		details: known ? {...known.details, ...(known.hint === undefined ? {} : {hint: known.hint})} : {id},
	};
	const content = Buffer.from(JSON.stringify(body));
	response.writeHead(known?.status ?? 500, {
		'Content-Type': 'application/json; charset=utf-8',
		'Content-Length': content.length,
		...known?.headers,
		// A body that was not read to its end must not be taken for the next request.
		...(known?.code === 'REQ_002' ? {Connection: 'close'} : {}),
	});
	response.end(content);
}

function splitOnce(text: string, separator: string): string[] {
	const at = text.indexOf(separator);
	return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
