import ipaddr from 'ipaddr.js';

/** Can this address be reached over the internet? Mapped and other odd spellings are judged by what they mean. */
export function isPublicAddress(address: string): boolean {
	return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** Is this an address of the machine itself (127.0.0.0/8, ::1)? */
export function isLoopbackAddress(address: string): boolean {
	return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

/** The one spelling of an address, so that two of them can be compared; undefined where it is none. */
export function normaliseAddress(address: string): string | undefined {
	return ipaddr.isValid(address) ? ipaddr.process(address).toString() : undefined;
}
