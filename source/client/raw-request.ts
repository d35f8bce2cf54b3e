import http from 'node:http';
import https from 'node:https';
import {exitCodes, GolemError} from '../platform/golem-error.js';

/** A request as it is, and where it goes. */
export type RawRequest = {
	/** `http://host:port`, or the path of a unix socket. */
	target: {url: string} | {socket: string};
	/** What is on the other side, for messages. */
	name: string;
	hint?: string | undefined;
	method: string;
	path: string;
	headers: Record<string, string>;
	/** Sent as it is; empty where there is none. */
	body: string;
	/** Until the answer begins. */
	timeoutMs: number;
	signal: AbortSignal;
};

/** An answer as it is; whoever asked reads its body. */
export type RawAnswer = {
	status: number;
	headers: http.IncomingHttpHeaders;
	body: AsyncIterable<Buffer>;
};

/**
Sends a request and hands back what is answered, whatever it is.
@throws NOT_REACHABLE, or NET_001 where no answer begins in time
*/
export async function sendRaw(request: RawRequest): Promise<RawAnswer> {
	const {name, hint, body, timeoutMs, signal} = request;
	const timeout = AbortSignal.timeout(timeoutMs);
	const outgoing = open(request);
	const giveUp = () => outgoing.destroy(new Error('no answer in time'));
	timeout.addEventListener('abort', giveUp, {once: true});
	try {
		return await new Promise<RawAnswer>((resolve, reject) => {
			outgoing.once('response', answer =>
				resolve({status: answer.statusCode ?? 0, headers: answer.headers, body: answer}),
			);
			outgoing.on('error', reject);
			outgoing.end(body === '' ? undefined : body);
		});
	} catch (error) {
		signal.throwIfAborted();
		throw timeout.aborted
			? new GolemError('NET_001', `No answer came from ${name} in ${timeoutMs / 1000} s.`, {
					exitCode: exitCodes.timedOut,
					hint,
					cause: error,
				})
			: new GolemError('NOT_REACHABLE', `There is no reaching ${name} (${reasonOf(error)}).`, {
					exitCode: exitCodes.notReachable,
					hint,
					cause: error,
				});
	} finally {
		timeout.removeEventListener('abort', giveUp);
	}
}

function open({target, method, path, headers, body, signal}: RawRequest): http.ClientRequest {
	const options = {
		method,
		// One connection for one request: nothing of it outlives the answer.
		agent: false,
		signal,
		headers: {...(body === '' ? {} : {'content-type': 'application/json'}), ...headers},
	} as const;
	if ('socket' in target) {
		return http.request({...options, socketPath: target.socket, path});
	}

	const url = new URL(target.url);
	// As it was signed: a URL would be tidied up.
	const whole = `${url.pathname.replace(/\/+$/, '')}${path}`;
	return (url.protocol === 'https:' ? https : http).request(url, {...options, path: whole});
}

function reasonOf(error: unknown): string {
	return error instanceof Error ? ('code' in error && String(error.code)) || error.message : String(error);
}
