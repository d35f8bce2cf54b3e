import {isPublicAddress} from '../../../source/protocol/address.js';
import {type Firewall, openRangesCommands, type PortRange} from './firewall.js';
import {isCarrierGrade, isOwnAddress, localAddresses} from './own-addresses.js';

/** Why a port is not reached, as far as that can be told from outside. */
export type Cause = 'dropped' | 'refused' | 'stranger' | 'no-route' | 'other';

/** Where this machine stands in its network. */
export type Surroundings = {
	publicIp: string | null;
	/** Where the public address comes from, for people. */
	publicIpSource: string;
	/** This machine's own, but for the loopback. */
	ownAddresses: readonly string[];
	firewall: Firewall;
	isRoot: boolean;
};

/** What is not reached. */
export type Unreached = {
	ports: readonly number[];
	causes: ReadonlySet<Cause>;
	/** What the firewall has to let in: more than the ports where only some of a range are closed. */
	toOpen: PortRange;
};

/** Neighbours put together. Takes them in any order. */
function portRanges(ports: readonly number[]): PortRange[] {
	const ranges: PortRange[] = [];
	for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last?.last === port - 1) {
			last.last = port;
		} else {
			ranges.push({first: port, last: port});
		}
	}

	return ranges;
}

/** Ports for people: `50801–50804, 50810`. */
export function writePorts(ports: readonly number[]): string {
	return portRanges(ports).map(writeRange).join(', ');
}

export function writeRange({first, last}: PortRange): string {
	return first === last ? `${first}` : `${first}–${last}`;
}

/** What the owner of this machine can do so that requestors reach these ports. */
export function reachFixes(unreached: Unreached, surroundings: Surroundings): string[] {
	return [
		...wayFixes(unreached, surroundings),
		...(hasOnly(unreached.causes, 'stranger') ? [] : firewallFixes(unreached, surroundings)),
		...causeFixes(unreached, surroundings),
	];
}

/** On the way to this machine. */
function wayFixes({ports, causes}: Unreached, {publicIp, ownAddresses}: Surroundings): string[] {
	const written = `TCP ${writePorts(ports)}`;
	if (publicIp !== null && isOwnAddress(publicIp, ownAddresses)) {
		// It is no router that gets an answer from the wrong one, and nobody but this machine that refuses.
		return causes.has('dropped') || causes.has('no-route')
			? [`If your hoster has a firewall or security groups, let ${written} in there, from any address.`]
			: [];
	}

	const [first, ...others] = localAddresses(publicIp, ownAddresses);
	const target = first === undefined ? 'this machine' : `${first} (this machine${alsoKnownAs(others)})`;
	return [`Forward ${written} on your router to ${target}.`, ...sharedAddressFixes(publicIp, ownAddresses)];
}

function alsoKnownAs(addresses: readonly string[]): string {
	return addresses.length > 0 ? `, which is ${addresses.join(' and ')} too` : '';
}

/** No forwarding helps behind an address that one shares with other customers. */
function sharedAddressFixes(publicIp: string | null, ownAddresses: readonly string[]): string[] {
	const remedy = 'ask your internet provider for a public IPv4 address of your own.';
	if (publicIp !== null && !isPublicAddress(publicIp)) {
		return [`${publicIp} is not an address of the internet (carrier-grade NAT?): ${remedy}`];
	}

	const shared = ownAddresses.find(isCarrierGrade);
	return shared === undefined
		? []
		: [`${shared} looks like carrier-grade NAT, where no forwarding helps, if it is not a VPN’s: ${remedy}`];
}

/** On this machine. */
function firewallFixes({toOpen}: Unreached, {firewall, isRoot}: Surroundings): string[] {
	const commands = openRangesCommands(firewall, [toOpen], isRoot).map(command => `$ ${command}`);
	if (commands.length > 0) {
		return /^(?:nf|ip)tables/.test(firewall)
			? [
					...commands,
					'Write that rule where your system keeps its rules too, or it is gone with the next start.',
				]
			: commands;
	}

	return firewall === 'unknown'
		? [`If a firewall is active on this machine, let TCP ${writeRange(toOpen)} in.`]
		: [];
}

function causeFixes({causes}: Unreached, {publicIp, publicIpSource}: Surroundings): string[] {
	const fixes: string[] = [];
	if (causes.has('refused')) {
		fixes.push(
			'See that GOLEM_PROVIDER_HOST lets golem listen where connections arrive; 0.0.0.0 is everywhere.',
		);
	}

	if (causes.has('stranger')) {
		fixes.push(
			'If another golem runs behind the same address, give this one ports of its own: GOLEM_PROVIDER_PORT, GOLEM_PROVIDER_PORT_RANGE_START and _END.',
		);
	}

	if (publicIp !== null && [...causes].some(cause => cause !== 'dropped')) {
		fixes.push(
			`See that ${publicIp} (${publicIpSource}) is your public address; GOLEM_PROVIDER_PUBLIC_IP sets it.`,
		);
	}

	return fixes;
}

function hasOnly(causes: ReadonlySet<Cause>, cause: Cause): boolean {
	return causes.size === 1 && causes.has(cause);
}
