import type {PortStatus} from '../../../source/protocol/control.js';
import {type Cause, writePorts} from './fixes.js';
import {oneLine} from './occupants.js';

const causeTexts: Readonly<Record<Exclude<Cause, 'other'>, string>> = {
	dropped: 'no answer comes, so a router does not forward it or a firewall drops it',
	refused: 'it is refused, so it arrives where nothing listens or a firewall rejects it',
	stranger: 'somebody else’s program answers, so a router forwards it to another machine or another golem',
	'no-route': 'no way leads to that address',
};

/** What the checkers saw; where they saw several things, what most easily explains the others. */
export function causeOf({reason, findings}: PortStatus): Cause {
	const seen = [...findings.map(({error}) => error), reason].join('\n');
	if (/Wrong answer|nobody has come through/.test(seen)) {
		return 'stranger';
	}

	if (seen.includes('Connection refused')) {
		return 'refused';
	}

	return seen.includes('timed out')
		? 'dropped'
		: /(?:Host|Network) unreachable/.test(seen)
			? 'no-route'
			: 'other';
}

/** Ports with why they are not reached, for people; those of one cause together. */
export function writeCauses(statuses: readonly PortStatus[]): string {
	const explained = groupBy(statuses, status => {
		const cause = causeOf(status);
		return cause === 'other' ? oneLine(status.reason ?? 'nobody knows why') : causeTexts[cause];
	});
	return [...explained].map(([text, group]) => `TCP ${writeAll(group)} (${text})`).join('; ');
}

export function writeAll(statuses: readonly PortStatus[]): string {
	return writePorts(statuses.map(({port}) => port));
}

export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
	const groups = new Map<string, Item[]>();
	for (const item of items) {
		const key = keyOf(item);
		groups.set(key, [...(groups.get(key) ?? []), item]);
	}

	return groups;
}
