import http from 'node:http';
import type {AddressInfo} from 'node:net';
import type {Advertisement} from '../../source/protocol/advertisement.js';

/** A discovery server with as many providers as are wanted, which change as often as is wanted. */
export type StandInDiscovery = {
	url: string;
	/** From here on so many of them advertise anew each second. */
	change(perSecond: number): void;
	close(): void;
};

const pageSize = 1000;
const ticksPerSecond = 20;

/** @returns an advertisement that reads well; its signature is nobody's */
export function madeUp(index: number, at: number): Advertisement {
	const time = new Date(at).toISOString();
	return {
		provider_id: `0x${index.toString(16).padStart(40, '0')}`,
		ip_address: `8.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
		country: 'SE',
		name: `provider-${index}`,
		resources: {cpu: 1 + (at % 16), memory: 1 + (at % 64), storage: 100},
		timestamp: time,
		signature: `0x${'1'.repeat(130)}`,
		created_at: time,
		updated_at: time,
	};
}

export async function startStandInDiscovery(count: number): Promise<StandInDiscovery> {
	// The freshest are at the end: a map keeps the order in which they were put in.
	const now = Date.now();
	const all = new Map(Array.from({length: count}, (_, index) => [index, madeUp(index, now - count + index)]));
	let version = 0;
	let next = 0;
	let ticking: NodeJS.Timeout | undefined;
	const server = http.createServer(({url = '/', headers}, response) => {
		const {searchParams, pathname} = new URL(url, 'http://discovery');
		const from = Number(searchParams.get('cursor') ?? 0);
		const etag = `"${version}-${from}"`;
		if (headers['if-none-match'] === etag) {
			response.writeHead(304, {ETag: etag}).end();
			return;
		}

		const page = [...all.values()].reverse().slice(from, from + pageSize);
		const link = from + pageSize < count ? {Link: `<${pathname}?cursor=${from + pageSize}>; rel="next"`} : {};
		response
			.writeHead(200, {'Content-Type': 'application/json', ETag: etag, 'X-Total-Count': count, ...link})
			.end(JSON.stringify(page));
	});
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		change(perSecond) {
			clearInterval(ticking);
			if (perSecond === 0) {
				return;
			}

			ticking = setInterval(() => {
				version++;
				for (let step = 0; step < perSecond / ticksPerSecond; step++) {
					all.delete(next);
					all.set(next, madeUp(next, Date.now()));
					next = (next + 1) % count;
				}
			}, 1000 / ticksPerSecond);
		},
		close() {
			clearInterval(ticking);
			server.closeAllConnections();
			server.close();
		},
	};
}
