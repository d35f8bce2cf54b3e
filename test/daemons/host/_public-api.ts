import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {closeHttpServer} from '../../../daemons/host/http-server.js';
import {createMetrics, type Metrics} from '../../../daemons/host/metrics.js';
import {createPublicApi, type PublicApiOptions} from '../../../daemons/host/public-api.js';
import {createTestLog} from '../../support/log.js';

/** A daemon's public API on a free port, without the daemon. */
export async function startPublicApi(
	t: ExecutionContext,
	options: Pick<PublicApiOptions, 'routes' | 'limit' | 'trustedProxies'>,
): Promise<{url: string; metrics: Metrics; entries: Array<Record<string, unknown>>}> {
	const {log, entries} = createTestLog();
	const metrics = createMetrics();
	const end = new AbortController();
	const server = createPublicApi({title: 'a test', ...options, metrics, log, signal: end.signal});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(async () => {
		end.abort();
		await closeHttpServer(server, 0);
	});
	const {port} = server.address() as AddressInfo;
	return {url: `http://127.0.0.1:${port}`, metrics, entries};
}
