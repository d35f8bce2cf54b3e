import {once} from 'node:events';
import got, {type Method} from 'got';
import type {HttpAnswer, HttpRequest} from './http-message.js';

/**
Sends a request to a server of the network. A redirect is an answer, and not followed.
@throws the system's error, or one of got's that has a code too
*/
export async function sendByGot(request: HttpRequest<{url: string}> & {method: Method}): Promise<HttpAnswer> {
	const {target, method, path, headers, body, signal} = request;
	const stream = got.stream(`${target.url.replace(/\/+$/, '')}${path}`, {
		method,
		headers,
		...(body === '' ? {} : {body}),
		// Retries are off: only the caller knows what may be sent twice, and over a stale socket they cost seconds.
		retry: {limit: 0},
		throwHttpErrors: false,
		followRedirect: false,
		decompress: false,
		signal,
	});
	// got still listens to the signal when the stream is over, and its error then is nobody's any more.
	stream.on('error', () => {});
	// To got, whatever may have a body waits for somebody to write one.
	if (body === '' && method !== 'GET') {
		stream.end();
	}

	const [{statusCode, headers: told}] = await once(stream, 'response');
	return {status: statusCode, headers: told, body: stream};
}
