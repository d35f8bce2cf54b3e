/** Chance that a number repeats. */
export type Random = {
	/** A whole number from 0 to one less than that. */
	below(limit: number): number;
	/** Is it the one time in that many? */
	oneIn(times: number): boolean;
	/** True that often in a hundred times. */
	chance(percent: number): boolean;
	pick<Item>(items: readonly Item[]): Item;
	bytes(length: number): Buffer;
	hex(length: number): string;
};

/** The same seed gives the same choices. The generator is mulberry32. */
export function createRandom(seed: number): Random {
	let state = seed | 0;
	const next = () => {
		state = (state + 0x6d_2b_79_f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	const below = (limit: number) => Math.floor(next() * limit);
	return {
		below,
		oneIn: times => below(times) === 0,
		chance: percent => below(100) < percent,
		pick(items) {
			const item = items[below(items.length)];
			if (item === undefined) {
				throw new Error('There is nothing to pick from.');
			}

			return item;
		},
		bytes: length => Buffer.from(Array.from({length}, () => below(256))),
		hex: length => Array.from({length}, () => below(16).toString(16)).join(''),
	};
}
