import {type Advertisement, advertisementLifetimeMs} from '../protocol/advertisement.js';

/** An advertisement as one server has it. */
export type Copy = {
	readonly advertisement: Advertisement;
	/** When it is over, by the server's clock. */
	readonly expiresMs: number;
	/** Undefined until somebody looks. */
	isGenuine: boolean | undefined;
};

/** What one server has, as far as it has told. */
export type ServerCopies = {
	all: ReadonlyMap<string, Copy>;
	setClock(serverTimeMs: number | undefined): void;
	/** @returns the providers of which this is news, and whether one of the others was among them */
	take(advertisements: readonly Advertisement[]): {changed: Set<string>; hasMetKnown: boolean};
	/** @returns who has gone */
	keepOnly(ids: ReadonlySet<string>): Set<string>;
	/** @returns who has gone */
	forgetExpired(): Set<string>;
};

export function createServerCopies(now: () => number): ServerCopies {
	const copies = new Map<string, Copy>();
	let clockLeadMs = 0;
	const serverNow = () => now() + clockLeadMs;
	const forget = (isGone: (id: string, copy: Copy) => boolean) => {
		const gone = new Set<string>();
		for (const [id, copy] of copies) {
			if (isGone(id, copy)) {
				copies.delete(id);
				gone.add(id);
			}
		}

		return gone;
	};

	return {
		all: copies,
		setClock(serverTimeMs) {
			// Cut to whole seconds it is late at most, so that nothing goes here that is still there.
			clockLeadMs = serverTimeMs === undefined ? 0 : serverTimeMs - now();
		},
		take(advertisements) {
			const changed = new Set<string>();
			let hasMetKnown = false;
			for (const advertisement of advertisements) {
				const {provider_id: id, updated_at} = advertisement;
				// Nothing lives longer than that from now on, whatever the server says.
				const expiresMs = Math.min(Date.parse(updated_at), serverNow()) + advertisementLifetimeMs;
				if (copies.get(id)?.advertisement.updated_at === updated_at) {
					hasMetKnown = true;
				} else if (expiresMs > serverNow()) {
					copies.set(id, {advertisement, expiresMs, isGenuine: undefined});
					changed.add(id);
				}
			}

			return {changed, hasMetKnown};
		},
		keepOnly: ids => forget(id => !ids.has(id)),
		forgetExpired() {
			const at = serverNow();
			return forget((_, {expiresMs}) => expiresMs <= at);
		},
	};
}
