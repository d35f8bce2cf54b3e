import type {IncomingHttpHeaders} from 'node:http';
import net from 'node:net';
import ipaddr from 'ipaddr.js';
import {isLoopbackAddress, isPublicAddress, normaliseAddress} from '../../source/protocol/address.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {createAddressMatcher, createClientAddressFinder} from '../host/client-address.js';

export type TargetRules = {
	/** Callers that may name any public address: addresses and ranges. */
	allow: readonly string[];
	/** Whose X-Forwarded-For is believed. */
	trustedProxies: readonly string[];
	/** This machine's. A firewall in front of it sees nothing of what goes from here to there. */
	ownAddresses: () => readonly string[];
};

/** Who asks. */
export type Caller = {remoteAddress: string; headers: IncomingHttpHeaders};

/**
Says which address a caller may have tried. Without this the checker would be a port scanner for hire, and a way into
the network it stands in.
@returns a function that gives the one spelling of the address, which alone may be connected to: another reader could
understand the original differently. It throws PORT_004 for somebody else's address, and PORT_001 for one that is not on
the internet, unless the caller is there too.
*/
export function createTargetFinder({allow, trustedProxies, ownAddresses}: TargetRules) {
	const mayNameAny = createAddressMatcher(allow);
	return (address: string, {remoteAddress, headers}: Caller): string => {
		const target = readAddress(address);
		const from = readAddress(remoteAddress);
		if (target === undefined || isNobodys(target)) {
			throw notConnectable(address);
		}

		const isOwn =
			from !== undefined && (target === from || (isLoopbackAddress(from) && isLoopbackAddress(target)));
		if (!isPublicAddress(target) || ownAddresses().includes(target)) {
			if (!isOwn) {
				throw notConnectable(address);
			}

			if (asksForOthers(remoteAddress, headers, trustedProxies)) {
				throw new ApiError('PORT_001', `${address} is the address of a proxy this checker was not told of.`, {
					hint: `Whoever runs this checker has to name ${remoteAddress} in PORT_CHECKER_TRUSTED_PROXIES.`,
				});
			}
		} else if (!isOwn && !(from !== undefined && mayNameAny(from))) {
			throw new ApiError(
				'PORT_004',
				`Only your own address, ${remoteAddress}, can be checked, not ${address}.`,
				{
					hint: `Ask from the machine that has ${address}.`,
				},
			);
		}

		return target;
	};
}

function notConnectable(address: string): ApiError {
	return new ApiError('PORT_001', `${address} is not an address this checker may connect to.`, {
		hint: 'Give the public address of the machine that asks.',
	});
}

/** Its one spelling. Zones name interfaces of this machine, and `127.1`, `0x7f.1` or octal digits are no address here. */
function readAddress(text: string): string | undefined {
	return net.isIP(text) === 0 || text.includes('%') ? undefined : normaliseAddress(text);
}

/** Belongs to no machine, or to all of them; Linux takes `0.0.0.0` and `::` for itself. */
function isNobodys(address: string): boolean {
	return ['unspecified', 'multicast', 'broadcast'].includes(ipaddr.process(address).range());
}

/**
A proxy that nobody has named comes with its own address, and whoever is behind it would have that machine's inner ports
tried. It tells by what it adds to a request: if it were believed, it would speak for somebody else.
*/
function asksForOthers(
	remoteAddress: string,
	headers: IncomingHttpHeaders,
	trustedProxies: readonly string[],
): boolean {
	if (headers['x-forwarded-for'] === undefined) {
		return ['forwarded', 'x-real-ip', 'via'].some(name => headers[name] !== undefined);
	}

	const find = createClientAddressFinder([...trustedProxies, remoteAddress]);
	return find({headers, socket: {remoteAddress}}) !== remoteAddress;
}
