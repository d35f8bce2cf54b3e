import {randomUUID} from 'node:crypto';
import http from 'node:http';
import type {Log} from '../../source/platform/log.js';
import {version} from '../../source/platform/program.js';
import {versionHeader} from '../../source/protocol/control.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {sendAnswer, sendError} from './answers.js';
import {refuseConnection} from './bad-connections.js';
import {shareConnections} from './connection-shares.js';
import {createOpenRequests} from './open-requests.js';
import {CallerGone} from './request-body.js';
import {createRequestHandler, type RequestHandlerOptions} from './request-handler.js';
import {type AnsweredRequest, createBoundedLog, unknownRoute} from './request-log.js';

/** What the many small connections of a hostile crowd may take of memory and file descriptors. */
const maximumConnections = 2048;

export type HttpApiOptions = RequestHandlerOptions & {
	log: Log;
	/** Cuts the connection of who has not taken any of an answer for that long; never where nothing is said. */
	answerTimeoutMs?: number;
	/** Connections that one address may have; as many as there are where nothing is said. */
	connectionsPerAddress?: number | undefined;
	/** Told of each request once. */
	onAnswered?: (request: AnsweredRequest) => void;
	/** Ends every open answer. */
	signal: AbortSignal;
};

/** A plain `node:http` server over a table of routes. Not listening yet. */
export function createHttpApi(options: HttpApiOptions): http.Server {
	const {log, answerTimeoutMs = 0, onAnswered, signal} = options;
	const handle = createRequestHandler(options);
	const boundedLog = createBoundedLog(log);
	// Slow senders do not keep a connection: Node ends them with 408 by these deadlines.
	const server = http.createServer({
		headersTimeout: 10_000,
		requestTimeout: 30_000,
		connectionsCheckingInterval: 5000,
		maxHeaderSize: 16_384,
	});
	server.maxConnections = maximumConnections;
	if (options.connectionsPerAddress !== undefined) {
		shareConnections(server, options.connectionsPerAddress, options.trustedProxies);
	}

	const openRequests = createOpenRequests(server, signal);

	server.on('request', (incoming, response) => {
		const began = performance.now();
		const id = randomUUID();
		const requestLog = log.child({request_id: id});
		// Who reads a body to a bad end loses the stream's own reference.
		const {socket} = incoming;
		const callerSignal = openRequests.begin(socket, response);
		const seen = {route: unknownRoute};
		const finish = (outcome: Pick<AnsweredRequest, 'status' | 'code' | 'err'>) => {
			const answered = {
				...outcome,
				method: incoming.method ?? '',
				route: seen.route,
				durationMs: performance.now() - began,
			};
			boundedLog.request(requestLog, answered);
			onAnswered?.(answered);
		};

		const fail = (error: unknown) => {
			if (response.headersSent) {
				requestLog.debug({err: error}, 'answer cut short');
				response.destroy();
			} else if (socket.destroyed || error instanceof CallerGone) {
				response.destroy();
				finish({status: 'aborted'});
			} else {
				const told = signal.aborted && !(error instanceof ApiError) ? shuttingDown() : error;
				const sent = sendError(response, told, id);
				finish({...sent, err: sent.code === 'SRV_001' ? error : undefined});
			}
		};

		response.setHeader(versionHeader, version);
		if (incoming.headers.upgrade !== undefined) {
			// Node drops what came in one go with such an offer, and the requests in it would never be answered.
			response.setHeader('Connection', 'close');
		}

		handle({incoming, response, seen, log: requestLog, signal: callerSignal})
			.finally(() => socket.setTimeout(answerTimeoutMs))
			.then(answer =>
				sendAnswer(response, answer, {signal: callerSignal, onHead: status => finish({status})}),
			)
			.catch(fail)
			// Whatever is wrong with one request must not end the daemon.
			.catch((error: unknown) => {
				requestLog.error({err: error}, 'could not answer');
				socket.destroy();
			});
	});

	server.on('error', error => {
		// Where nobody listens to it, a lack of file descriptors for the next connection ends the process.
		if (server.listening) {
			boundedLog.warn(error, 'a connection could not be taken');
		}
	});
	server.on('clientError', (error, socket) => {
		const status = refuseConnection(error, socket, openRequests.isAnswering(socket));
		if (status !== undefined) {
			onAnswered?.({method: 'unknown', route: unknownRoute, status, durationMs: 0});
		}
	});
	return server;
}

const idleLookMs = 20;

/** Stops taking connections, gives open answers that long to finish, then cuts them. */
export async function closeHttpServer(server: http.Server, graceMs = 2000): Promise<void> {
	if (!server.listening) {
		return;
	}

	await new Promise<void>(resolve => {
		const end = setTimeout(() => server.closeAllConnections(), graceMs);
		// A connection whose answer ends in the meantime would be kept alive for the next request.
		const idle = setInterval(() => server.closeIdleConnections(), idleLookMs);
		server.close(() => {
			clearTimeout(end);
			clearInterval(idle);
			resolve();
		});
	});
}

function shuttingDown(): ApiError {
	return new ApiError('SRV_002', 'This server is shutting down.');
}
