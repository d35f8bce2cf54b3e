import os from 'node:os';
import ipaddr from 'ipaddr.js';
import {isLoopbackAddress, isPublicAddress, normaliseAddress} from '../../../source/protocol/address.js';

/** This machine's addresses that others may reach, those of its real network cards first. */
export function findOwnAddresses(interfaces = os.networkInterfaces()): string[] {
	const isVirtual = (name: string) =>
		/^(?:docker|br-|veth|virbr|lxc|lxd|cni|flannel|tun|tap|wg|tailscale)/.test(name);
	return Object.entries(interfaces)
		.sort(([a], [b]) => Number(isVirtual(a)) - Number(isVirtual(b)))
		.flatMap(([, entries]) => entries ?? [])
		.filter(({internal, address}) => !internal && !/^(?:fe[89ab]|169\.254\.)/i.test(address))
		.map(({address}) => address);
}

/** Is it an address of this very machine, so that no router translates? */
export function isOwnAddress(address: string, ownAddresses: readonly string[]): boolean {
	const isSame = (own: string) => normaliseAddress(own) === normaliseAddress(address);
	return isLoopbackAddress(address) || ownAddresses.some(isSame);
}

/** Where a router has to forward to: this machine's addresses in a private network, of the same family. */
export function localAddresses(publicIp: string | null, ownAddresses: readonly string[]): string[] {
	const isIpv6 = publicIp?.includes(':') ?? false;
	return ownAddresses.filter(
		own => own.includes(':') === isIpv6 && !isPublicAddress(own) && !isCarrierGrade(own),
	);
}

/** Is it of 100.64.0.0/10, which internet providers use between their customers and the address these share? */
export function isCarrierGrade(address: string): boolean {
	return ipaddr.isValid(address) && ipaddr.process(address).range() === 'carrierGradeNat';
}
