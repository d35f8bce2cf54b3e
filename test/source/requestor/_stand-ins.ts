import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {type Advertisement, signAdvertisement} from '../../../source/protocol/advertisement.js';
import type {Identity} from '../../../source/protocol/identity.js';

export type Handler = (request: http.IncomingMessage, body: string, response: http.ServerResponse) => void;

export async function serve(t: ExecutionContext, handle: Handler): Promise<{url: string; port: number}> {
	const server = http.createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => handle(request, body, response));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const {port} = server.address() as AddressInfo;
	return {url: `http://127.0.0.1:${port}`, port};
}

export function answer(response: http.ServerResponse, body: unknown, status = 200): void {
	response.writeHead(status, {'Content-Type': 'application/json'}).end(JSON.stringify(body));
}

/** A discovery server that hands out these advertisements. */
export const discovery = (t: ExecutionContext, advertisements: () => unknown[]) =>
	serve(t, (_request, _body, response) => answer(response, advertisements()));

export function advertisement(
	identity: Identity,
	change: Partial<Advertisement> = {},
	timestamp = new Date().toISOString(),
): Advertisement {
	const body = {
		ip_address: '127.0.0.1',
		port: 7466,
		country: 'SE',
		resources: {cpu: 4, memory: 8, storage: 100},
		...change,
	};
	return {
		...body,
		provider_id: identity.id,
		timestamp,
		signature: String(signAdvertisement(identity, body, timestamp)['X-Provider-Signature']),
		created_at: timestamp,
		updated_at: timestamp,
	};
}

export const job = (name: string) => ({
	job_id: 'job-1',
	vm_id: `golem-${name}`,
	status: 'pending',
});

/** Answers every order with that. */
export const refusal = (code: string, status: number) => (_orders: number, response: http.ServerResponse) => {
	answer(response, {code, message: 'No.', timestamp: new Date().toISOString(), details: {}}, status);
	return true;
};
