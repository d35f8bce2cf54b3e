import type {IncomingMessage} from 'node:http';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import {settingSchemas} from '../../source/platform/settings.js';
import {normaliseAddress} from '../../source/protocol/address.js';

/** Addresses and ranges such as 10.0.0.0/8. */
export const trustedProxiesSchema = settingSchemas.list.pipe(
	z.array(z.string().refine(isAddressOrRange, 'must be addresses or ranges such as 10.0.0.0/8')),
);

/** Says where a request comes from. */
export type FindClientAddress = (
	incoming: Pick<IncomingMessage, 'headers'> & {socket: {remoteAddress?: string | undefined}},
) => string;

/**
It comes from whoever holds the connection, or, where that is a trusted proxy, from the rightmost address of
X-Forwarded-For that is none. Anybody can write that header: what stands left of an address that is not trusted, and all
of it where the connection is not a proxy's, is hearsay.
*/
export function createClientAddressFinder(trustedProxies: readonly string[] = []): FindClientAddress {
	const isTrusted = createAddressMatcher(trustedProxies);
	return ({headers, socket}) => {
		let address = normaliseAddress(socket.remoteAddress ?? '') ?? '';
		for (const hop of String(headers['x-forwarded-for'] ?? '')
			.split(',')
			.reverse()) {
			const before = isTrusted(address) ? readHop(hop) : undefined;
			if (before === undefined) {
				return address;
			}

			address = before;
		}

		return address;
	};
}

/** Tells whether an address is one of those, or in one of those ranges. */
export function createAddressMatcher(addressesAndRanges: readonly string[]): (address: string) => boolean {
	const wanted = addressesAndRanges.map(text =>
		ipaddr.isValid(text) ? toRange(ipaddr.process(text)) : ipaddr.parseCIDR(text),
	);
	return address =>
		ipaddr.isValid(address) && ipaddr.subnetMatch(ipaddr.process(address), {wanted}, 'unknown') === 'wanted';
}

function isAddressOrRange(text: string): boolean {
	return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}

function toRange(address: ReturnType<typeof ipaddr.process>): ReturnType<typeof ipaddr.parseCIDR> {
	return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Some proxies write the port too. */
function readHop(hop: string): string | undefined {
	const text = hop.trim();
	const [, bracketed, ipv4] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/.exec(text) ?? [];
	return normaliseAddress(bracketed ?? ipv4 ?? text);
}
