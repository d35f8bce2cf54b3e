import type http from 'node:http';
import {createAddressMatcher} from './client-address.js';
import {addressKey} from './rate-limit.js';

/** Closes the connections of an address that has its share already. Trusted proxies have many people behind them. */
export function shareConnections(
	server: http.Server,
	perAddress: number,
	trustedProxies: readonly string[] = [],
): void {
	const isTrusted = createAddressMatcher(trustedProxies);
	const open = new Map<string, number>();
	server.on('connection', socket => {
		const address = socket.remoteAddress ?? '';
		if (isTrusted(address)) {
			return;
		}

		const key = addressKey(address);
		const count = (open.get(key) ?? 0) + 1;
		open.set(key, count);
		socket.once('close', () => {
			const left = (open.get(key) ?? 1) - 1;
			if (left === 0) {
				open.delete(key);
			} else {
				open.set(key, left);
			}
		});
		if (count > perAddress) {
			socket.destroy();
		}
	});
}
