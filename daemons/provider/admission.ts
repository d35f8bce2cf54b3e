import {ApiError} from '../../source/protocol/error-codes.js';
import type {LoadKind} from '../../source/protocol/host-load.js';
import {
	addResources,
	covers,
	noResources,
	type Resources,
	subtractResources,
} from '../../source/protocol/resources.js';
import {holdsReservation, type VmRecord} from './vm-record.js';

export type AdmissionLimits = {
	capacity: Resources;
	minimum: Resources;
	maxVms: number;
	/** What the machine itself is short of. */
	overThreshold: readonly LoadKind[];
};

/** For each VM that there may be, so many may be known, with those that have failed. */
const recordsPerPlace = 3;

/** What the VMs that hold a reservation hold together. */
export function reservedResources(records: Iterable<VmRecord>): Resources {
	return [...records]
		.filter(holdsReservation)
		.reduce((sum, {resources}) => addResources(sum, resources), noResources);
}

/** What could still be rented; never below nothing, even where the capacity has shrunk since. */
export function availableResources(records: Iterable<VmRecord>, capacity: Resources): Resources {
	const {cpu, memory, storage} = subtractResources(capacity, reservedResources(records));
	return {cpu: Math.max(0, cpu), memory: Math.max(0, memory), storage: Math.max(0, storage)};
}

/**
Decides whether one more VM fits, and on which port. There is nothing to undo and nothing to wait for: it looks at the
records as they are, and the caller adds the new one before anybody else gets a turn.
@param verifiedPorts ports that requestors can reach, in the order to try them
@throws ADV_002 (below the minimum), RES_003 (with what is over its threshold), RES_002, RES_001 (with what is available),
NET_003
*/
export function admit(
	wanted: Resources,
	records: Iterable<VmRecord>,
	limits: AdmissionLimits,
	verifiedPorts: readonly number[],
): number {
	const all = [...records];
	const holders = all.filter(holdsReservation);
	const {minimum, capacity, maxVms, overThreshold} = limits;
	if (!covers(wanted, minimum)) {
		throw new ApiError(
			'ADV_002',
			`A VM here has at least ${minimum.cpu} cores, ${minimum.memory} GB memory and ${minimum.storage} GB storage.`,
			{details: {minimum}},
		);
	}

	if (overThreshold.length > 0) {
		throw new ApiError('RES_003', `This provider’s machine is short of ${overThreshold.join(' and ')} now.`, {
			details: {over: overThreshold},
			headers: {'Retry-After': '60'},
			hint: 'Choose another one with: golem vm providers — or ask again in a minute.',
		});
	}

	// Those that have failed hold nothing, but their disks are there until somebody destroys them.
	if (holders.length >= maxVms || all.length >= maxVms * recordsPerPlace) {
		throw new ApiError('RES_002', `This provider has its ${maxVms} VMs already.`, {
			hint: 'Choose another one with: golem vm providers',
		});
	}

	const available = availableResources(holders, capacity);
	if (!covers(available, wanted)) {
		throw new ApiError(
			'RES_001',
			`Not enough is free: ${available.cpu} cores, ${available.memory} GB memory and ${available.storage} GB storage are.`,
			{details: {available}, hint: 'Ask for less, or choose another provider with: golem vm providers'},
		);
	}

	return choosePort(holders, verifiedPorts);
}

/**
The first of the ports that no VM has.
@throws NET_003
*/
export function choosePort(records: Iterable<VmRecord>, verifiedPorts: readonly number[]): number {
	const taken = new Set([...records].filter(holdsReservation).map(({ssh_port}) => ssh_port));
	const port = verifiedPorts.find(candidate => !taken.has(candidate));
	if (port === undefined) {
		throw new ApiError('NET_003', 'No port is left that was verified to be reachable from outside.', {
			hint: 'Its owner sees why with: golem doctor',
		});
	}

	return port;
}
