import type {PortIssue, PortStatus} from '../../../source/protocol/control.js';
import {type Surroundings, writePorts} from './fixes.js';
import {type EphemeralPorts, oneLine} from './occupants.js';

type Facts = Surroundings & {
	api: PortStatus;
	ports: readonly PortStatus[];
	range: {start: number; end: number};
	ephemeralPorts?: EphemeralPorts | undefined;
};

/** Ports that the same program has. */
type Holding = {name: string | undefined; pids: number[]; ports: number[]; isConnection: boolean};

/** Linux’ own choice where nobody has made another. */
const usualEphemeralPorts: EphemeralPorts = {first: 32_768, last: 60_999, reserved: ''};

/** Ports that other programs on this machine have, and how to get them back. */
export function describeOccupied(facts: Facts): PortIssue | undefined {
	const {api, ports} = facts;
	const occupied = [api, ...ports].filter(({state}) => state === 'occupied');
	if (occupied.length === 0) {
		return undefined;
	}

	const holdings = groupByProgram(occupied);
	const isAll = api.state === 'occupied' || ports.every(({state}) => state === 'occupied');
	return {
		code: 'ports-occupied',
		severity: isAll ? 'critical' : 'warning',
		message: `Other programs on this machine have ports of golem’s: ${holdings.map(describe).join('; ')}.`,
		fixes: [
			...listenerFixes(holdings, facts),
			...connectionFixes(
				holdings.filter(({isConnection}) => isConnection),
				facts,
			),
		],
		docs: 'docs/hosting.md#occupied-ports',
	};
}

function groupByProgram(occupied: readonly PortStatus[]): Holding[] {
	const holdings = new Map<string, Holding>();
	for (const {port, occupant, reason} of occupied) {
		const name = occupant ? oneLine(occupant.name) : undefined;
		const isConnection = reason?.endsWith('near end of a connection') ?? false;
		const key = JSON.stringify([name, isConnection]);
		const before = holdings.get(key);
		holdings.set(key, {
			name,
			isConnection,
			pids: [...new Set([...(before?.pids ?? []), ...(occupant ? [occupant.pid] : [])])],
			ports: [...(before?.ports ?? []), port],
		});
	}

	return [...holdings.values()];
}

function describe(holding: Holding): string {
	const who = holding.name === undefined ? 'a program that cannot be told' : nameWithPids(holding);
	const how = holding.isConnection ? ' as its end of a connection' : '';
	return `${who} has TCP ${writePorts(holding.ports)}${how}`;
}

function nameWithPids({name, pids}: Holding): string {
	return `${name} (${pids.length > 1 ? 'pids' : 'pid'} ${pids.join(', ')})`;
}

function listenerFixes(holdings: readonly Holding[], facts: Facts): string[] {
	const listening = holdings.filter(({isConnection}) => !isConnection);
	const known = listening.filter(({name}) => name !== undefined);
	const fixes: string[] = [];
	if (known.length > 0) {
		fixes.push(`End ${known.map(nameWithPids).join(' and ')}, or give it other ports.`);
	}

	if (known.length < listening.length) {
		fixes.push(`$ ${whoCommand(facts)}`);
	}

	if (listening.some(({ports}) => ports.includes(facts.api.port))) {
		fixes.push('Or choose another port for the API: GOLEM_PROVIDER_PORT.');
	}

	if (listening.some(({ports}) => ports.some(port => port !== facts.api.port))) {
		fixes.push('Or choose another range: GOLEM_PROVIDER_PORT_RANGE_START and GOLEM_PROVIDER_PORT_RANGE_END.');
	}

	return fixes;
}

/** Shows who has the ports, to root; what waits for stragglers only belongs to nobody and is listed all the same. */
function whoCommand({api, range, firewall, isRoot}: Facts): string {
	const last = range.end - 1;
	if (firewall === 'windows') {
		return 'netstat -ano -p tcp';
	}

	const command =
		firewall === 'macos'
			? `lsof -nP -iTCP:${api.port},${range.start}-${last}`
			: `ss -tanp '( sport = :${api.port} or ( sport >= :${range.start} and sport <= :${last} ) )'`;
	return isRoot ? command : `sudo ${command}`;
}

/** The system gives such ports to any program that connects somewhere, unless it is told to leave them alone. */
function connectionFixes(connections: readonly Holding[], facts: Facts): string[] {
	if (connections.length === 0) {
		return [];
	}

	const ports = connections.flatMap(holding => holding.ports);
	const {first, last, reserved} = facts.ephemeralPorts ?? usualEphemeralPorts;
	const wait = `Wait: TCP ${writePorts(ports)} will be free when that connection ends, and golem tries again by itself.`;
	const isGivenOut = ports.some(port => port >= first && port <= last);
	return isGivenOut ? [wait, ...reservationFixes(facts, reserved)] : [wait];
}

function reservationFixes({range, ephemeralPorts, isRoot}: Facts, reserved: string): string[] {
	const own = writeForKernel(range);
	const kept = reserved.split(',').filter(part => part !== '');
	if (kept.includes(own)) {
		return [];
	}

	const command = `sysctl -w net.ipv4.ip_local_reserved_ports=${[...kept, own].join(',')}`;
	return [
		`$ ${isRoot ? '' : 'sudo '}${command}`,
		ephemeralPorts
			? 'That keeps it from happening until the machine starts again; a file in /etc/sysctl.d makes it last.'
			: 'That keeps it from happening; if net.ipv4.ip_local_reserved_ports has a value already, put yours behind a comma.',
	];
}

function writeForKernel({start, end}: {start: number; end: number}): string {
	return end - start > 1 ? `${start}-${end - 1}` : `${start}`;
}
