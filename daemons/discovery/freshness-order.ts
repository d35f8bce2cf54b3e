import type {Advertisement} from '../../source/protocol/advertisement.js';

/** Where an advertisement stands among all: the freshest first, those of one millisecond by their ids. */
export type Position = {updatedMs: number; providerId: string};

export function positionOf({updated_at, provider_id}: Advertisement): Position {
	return {updatedMs: Date.parse(updated_at), providerId: provider_id};
}

/** Advertisements that stay in order while they come and go. */
export type FreshnessOrder = {
	add(advertisement: Advertisement): void;
	/** It must be one that was added. */
	delete(advertisement: Advertisement): void;
	/** How many were updated after that time. */
	countSince(afterMs: number): number;
	/** From the freshest on, that many. */
	first(count: number): Advertisement[];
	/** From there on to the oldest. */
	from(index: number): Advertisement[];
};

export function createFreshnessOrder(advertisements: Iterable<Advertisement>): FreshnessOrder {
	const ordered = [...advertisements].sort((a, b) => compare(positionOf(a), positionOf(b)));
	const find = (position: Position) => firstIndex(ordered, each => compare(positionOf(each), position) >= 0);
	return {
		add(advertisement) {
			ordered.splice(find(positionOf(advertisement)), 0, advertisement);
		},
		delete(advertisement) {
			const index = find(positionOf(advertisement));
			if (ordered[index] === advertisement) {
				ordered.splice(index, 1);
			}
		},
		countSince: afterMs => firstIndex(ordered, ({updated_at}) => Date.parse(updated_at) <= afterMs),
		first: count => ordered.slice(0, count),
		from: index => ordered.slice(index),
	};
}

/** Those that come after that position, of advertisements in order. */
export function after(advertisements: Advertisement[], position: Position): Advertisement[] {
	return advertisements.slice(
		firstIndex(advertisements, advertisement => compare(positionOf(advertisement), position) > 0),
	);
}

function compare(a: Position, b: Position): number {
	return (
		b.updatedMs - a.updatedMs || (a.providerId < b.providerId ? -1 : Number(a.providerId > b.providerId))
	);
}

/** The first item of which it is so, where it is so of all that follow; their number where there is none. */
function firstIndex<Item>(items: readonly Item[], isSo: (item: Item) => boolean): number {
	let low = 0;
	let high = items.length;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const item = items[middle];
		if (item !== undefined && isSo(item)) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}

	return low;
}
