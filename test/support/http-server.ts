import {once} from 'node:events';
import http from 'node:http';
import type {ExecutionContext} from 'ava';

export type HttpServer = {
	url: string;
	/** Method and path of all that came in. */
	requests: string[];
};

/** Somebody else's server, which answers as the test says; the end of the test ends it, open answers included. */
export async function startHttpServer(
	t: ExecutionContext,
	answer: (response: http.ServerResponse, request: http.IncomingMessage) => void,
	listen: {port: number; host: string} | {path: string} = {port: 0, host: '127.0.0.1'},
): Promise<HttpServer> {
	const requests: string[] = [];
	const server = http.createServer((request, response) => {
		requests.push(`${request.method} ${request.url}`);
		answer(response, request);
	});
	server.listen(listen);
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	const url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
	return {url, requests};
}
