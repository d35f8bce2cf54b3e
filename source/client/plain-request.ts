import http from 'node:http';
import net from 'node:net';
import type {HttpAnswer, HttpRequest} from './http-message.js';

/**
Sends a request over a connection of its own and hands back what is answered, whatever it is: no redirect is followed.
@throws the system's error
*/
export async function sendPlain(request: HttpRequest): Promise<HttpAnswer> {
	const outgoing = await open(request);
	return new Promise((resolve, reject) => {
		outgoing.once('response', answer =>
			resolve({status: answer.statusCode ?? 0, headers: answer.headers, body: answer}),
		);
		outgoing.on('error', reject);
		outgoing.end(request.body === '' ? undefined : request.body);
	});
}

async function open({target, method, path, headers, signal}: HttpRequest): Promise<http.ClientRequest> {
	// One connection for one request: nothing of it outlives the answer.
	const options = {method, agent: false, signal, headers} as const;
	if ('socket' in target) {
		// Without an agent, which would first look whether the host's name is an address: that takes 6 ms.
		const createConnection = () => net.connect(target.socket);
		return http.request({method, signal, headers, path, createConnection});
	}

	const url = new URL(target.url);
	// As it was signed: a URL would be tidied up.
	const whole = `${url.pathname.replace(/\/+$/, '')}${path}`;
	// With https comes all of TLS, which is not for nothing.
	const {request} = url.protocol === 'https:' ? await import('node:https') : http;
	return request(url, {...options, path: whole});
}
