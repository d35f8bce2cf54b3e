import type {AdvertisementBody} from '../../source/protocol/advertisement.js';
import type {LoadKind} from '../../source/protocol/host-load.js';
import {covers, type Resources} from '../../source/protocol/resources.js';

export type OfferFacts = {
	name: string;
	country: string;
	/** Null while nobody could tell. */
	publicIp: string | null;
	port: number;
	/** Has it been found that nobody reaches the API? */
	isCutOff: boolean;
	images: readonly string[];
	available: Resources;
	minimum: Resources;
	/** Verified ports that carry no VM. */
	freePorts: number;
	/** How many more VMs there may be. */
	freePlaces: number;
	overThreshold: readonly LoadKind[];
};

/** What to advertise; where nothing can be rented, why. */
export type Offer =
	| {body: AdvertisementBody; reasons: readonly []}
	| {body: undefined; reasons: readonly [string, ...string[]]};

/**
Only what could be rented is offered. A machine that is short of something for the moment still tells of itself, with
what it is short of: that passes, and nobody should have to find it again.
*/
export function describeOffer(facts: OfferFacts): Offer {
	const {publicIp} = facts;
	const [reason, ...more] = whyNothing(facts);
	if (publicIp === null || reason !== undefined) {
		return {body: undefined, reasons: [reason ?? unknownAddress, ...more]};
	}

	const {name, country, port, images, available, overThreshold} = facts;
	return {
		reasons: [],
		body: {
			ip_address: publicIp,
			port,
			country,
			resources: available,
			name,
			images: [...images],
			...(overThreshold.length > 0 ? {over_threshold: [...overThreshold]} : {}),
		},
	};
}

const unknownAddress = 'its public address is not known';

function whyNothing(facts: OfferFacts): string[] {
	const {publicIp, port, isCutOff, images, freePorts, freePlaces, available, minimum} = facts;
	const {cpu, memory, storage} = available;
	return [
		...(publicIp === null ? [unknownAddress] : []),
		...(isCutOff ? [`its API cannot be reached from outside (port ${port})`] : []),
		...(images.length === 0 ? ['there is no image to start'] : []),
		...(freePorts === 0 ? ['no port is free that was verified to be reachable'] : []),
		...(freePlaces <= 0 ? ['it has as many VMs as it may have'] : []),
		...(covers(available, minimum)
			? []
			: [`too little is free: ${cpu} cores, ${memory} GB memory, ${storage} GB storage`]),
	];
}
