import {once} from 'node:events';
import type http from 'node:http';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {closeHttpServer, createHttpApi} from '../../daemons/host/http-server.js';
import type {Route} from '../../daemons/host/router.js';
import {createTestLog} from './log.js';

export type ApiServer = {
	server: http.Server;
	url: string;
	/** What it logged. */
	entries: Array<Record<string, unknown>>;
	/** Tells every open answer to end. */
	end: AbortController;
};

/** Routes behind a real server: on a free port, or on the unix socket that is named. */
export async function startApiServer(
	t: ExecutionContext,
	routes: Route[],
	{guard, socket}: {guard?: (request: http.IncomingMessage) => void; socket?: string} = {},
): Promise<ApiServer> {
	const {log, entries} = createTestLog();
	const end = new AbortController();
	const server = createHttpApi({routes, log, signal: end.signal, ...(guard ? {guard} : {})});
	if (socket === undefined) {
		server.listen(0, '127.0.0.1');
	} else {
		server.listen(socket);
	}

	await once(server, 'listening');
	t.teardown(async () => {
		end.abort();
		await closeHttpServer(server, 0);
	});
	const address = server.address() as AddressInfo | string;
	const url = typeof address === 'string' ? '' : `http://127.0.0.1:${address.port}`;
	return {server, url, entries, end};
}
