import {isDeepStrictEqual} from 'node:util';
import {type DaemonName, daemonNames} from '../platform/paths.js';
import type {DaemonStatus, PortsReport} from '../protocol/control.js';
import type {Vm, VmEvent} from '../protocol/vm.js';
import type {DirectoryPicture} from '../requestor/provider-directory.js';
import type {Rental} from '../requestor/rentals.js';

/** A daemon of this machine. */
export type DaemonView = {
	name: DaemonName;
	/** `asking`: nobody has looked yet. `lost`: it ran, and has gone without a word of ours. */
	state: 'asking' | 'up' | 'down' | 'lost';
	/** The last that was heard of it. */
	status: DaemonStatus | undefined;
	/** When that was, in milliseconds since 1970. */
	heardAt: number | undefined;
	/** What is told of it where it does not answer as it should. */
	error: string | undefined;
};

export type UsageSample = Extract<VmEvent, {type: 'usage'}>;

/** Something that happened to a VM. */
export type VmHappening = {at: number; text: string};

/** A VM that is rented here. */
export type VmView = {
	name: string;
	rental: Rental;
	/** As its provider says; `asking`, `unreachable` (its provider is), `gone`, `unconfirmed` where it says nothing. */
	status: string;
	/** What its provider is doing to it. */
	stage: string | undefined;
	vm: Vm | undefined;
	heardAt: number | undefined;
	/** Is its provider connected, and would tell at once of a change? */
	isLive: boolean;
	error: string | undefined;
	/** Oldest first. */
	usage: readonly UsageSample[];
	happenings: readonly VmHappening[];
};

/** Everything the dashboard knows. Parts that have not changed are the same objects as before. */
export type Picture = {
	home: string;
	identity: string | undefined;
	daemons: Readonly<Record<DaemonName, DaemonView>>;
	/** Of the provider here; undefined while there is none. */
	ports: PortsReport | undefined;
	directory: DirectoryPicture;
	vms: ReadonlyMap<string, VmView>;
	/** Has it been read which VMs there are? */
	areVmsKnown: boolean;
	/** Why that could not be read. */
	vmsError: string | undefined;
};

export function emptyPicture(home: string): Picture {
	const unknown = (name: DaemonName): DaemonView => ({
		name,
		state: 'asking',
		status: undefined,
		heardAt: undefined,
		error: undefined,
	});
	return {
		home,
		identity: undefined,
		daemons: Object.fromEntries(daemonNames.map(name => [name, unknown(name)])) as Picture['daemons'],
		ports: undefined,
		directory: {servers: [], providers: new Map()},
		vms: new Map(),
		areVmsKnown: false,
		vmsError: undefined,
	};
}

const maximumSamples = 120;
const maximumHappenings = 100;

export function withDaemon(picture: Picture, name: DaemonName, change: Partial<DaemonView>): Picture {
	const known = picture.daemons[name];
	const next = {...known, ...change};
	return isDeepStrictEqual(next, known) ? picture : {...picture, daemons: {...picture.daemons, [name]: next}};
}

/** Takes up what is rented now: new ones, and those that are not rented any more go. */
export function withRentals(picture: Picture, rentals: readonly Rental[]): Picture {
	const vms = new Map(rentals.map(rental => [rental.name, rented(picture.vms.get(rental.name), rental)]));
	const isSame =
		vms.size === picture.vms.size && [...vms].every(([name, vm]) => picture.vms.get(name) === vm);
	return isSame && picture.areVmsKnown && picture.vmsError === undefined
		? picture
		: {...picture, vms: isSame ? picture.vms : vms, areVmsKnown: true, vmsError: undefined};
}

/** Under a name that was given again there is another VM, of which nothing is known yet. */
function rented(known: VmView | undefined, rental: Rental): VmView {
	if (!known || known.rental.vm_id !== rental.vm_id) {
		return newVm(rental);
	}

	return isDeepStrictEqual(known.rental, rental) ? known : {...known, rental};
}

export function withVm(picture: Picture, name: string, change: (vm: VmView) => VmView): Picture {
	const known = picture.vms.get(name);
	return known ? {...picture, vms: new Map(picture.vms).set(name, change(known))} : picture;
}

export function newVm(rental: Rental): VmView {
	return {
		name: rental.name,
		rental,
		status: rental.vm_id === null ? 'unconfirmed' : 'asking',
		stage: undefined,
		vm: undefined,
		heardAt: undefined,
		isLive: false,
		error: undefined,
		usage: [],
		happenings: [],
	};
}

/** Takes up what a VM's provider says as it happens. */
export function heard(vm: VmView, event: VmEvent, at: number): VmView {
	const known = {...vm, heardAt: at, isLive: true, error: undefined};
	if (event.type === 'usage') {
		return {...known, usage: [...vm.usage, event].slice(-maximumSamples)};
	}

	if (event.type === 'stage') {
		return {...noted(known, at, event.message), stage: event.message};
	}

	const failure = event.error ? `: ${event.error.message}` : '';
	return {
		...(event.status === vm.status ? known : noted(known, at, `${event.status}${failure}`)),
		status: event.status,
		stage: undefined,
		error: event.error?.message,
		// What it took before says nothing of what it takes when it runs again.
		usage: event.status === 'running' ? vm.usage : [],
	};
}

export function noted(vm: VmView, at: number, text: string): VmView {
	return {...vm, happenings: [...vm.happenings, {at, text}].slice(-maximumHappenings)};
}
