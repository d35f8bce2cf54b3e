import ipaddr from 'ipaddr.js';

/**
Can this address be reached over the internet, beyond doubt? Mapped and other odd spellings are judged by what they mean.
Of IPv6 only what is given out (2000::/3) counts, and nothing with an IPv4 address in it that a tunnel would take out:
6to4, Teredo and NAT64 have ranges of their own, ISATAP has not.
*/
export function isPublicAddress(address: string): boolean {
	if (!ipaddr.isValid(address) || ipaddr.process(address).range() !== 'unicast') {
		return false;
	}

	const bytes = ipaddr.process(address).toByteArray();
	if (bytes.length === 4) {
		return true;
	}

	const [first = 0, second] = bytes;
	const isTestNetwork = first === 0x3f && second === 0xfe;
	const isIsatap = bytes.slice(8, 12).join() === '0,0,94,254' || bytes.slice(8, 12).join() === '2,0,94,254';
	return first >> 5 === 1 && !isTestNetwork && !isIsatap;
}

/** Is this an address of the machine itself (127.0.0.0/8, ::1)? */
export function isLoopbackAddress(address: string): boolean {
	return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}

/** The one spelling of an address, so that two of them can be compared; undefined where it is none. */
export function normaliseAddress(address: string): string | undefined {
	return ipaddr.isValid(address) ? ipaddr.process(address).toString() : undefined;
}
