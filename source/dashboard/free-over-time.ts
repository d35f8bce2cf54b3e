import type {DirectoryEntry} from '../requestor/provider-directory.js';
import type {FreeOverTime} from './details/provider-lines.js';
import type {Picture} from './picture.js';
import type {Store} from './store.js';

const maximumValues = 60;
/** Beyond so many providers nobody looks at one for long enough. */
const maximumProviders = 2000;

/** What each provider had free, each time that it said so since the dashboard was opened. */
export function rememberFree(store: Store<Picture>): {of(providerId: string): FreeOverTime; stop(): void} {
	const histories = new Map<string, {last: DirectoryEntry['advertisement']; values: FreeOverTime}>();
	let seen: Picture['directory']['providers'] | undefined;
	const look = () => {
		const {providers} = store.get().directory;
		if (providers === seen) {
			return;
		}

		seen = providers;
		for (const [id, {advertisement}] of providers) {
			const known = histories.get(id);
			if (known ? known.last !== advertisement : histories.size < maximumProviders) {
				const values = [...(known?.values ?? []), advertisement.resources].slice(-maximumValues);
				histories.set(id, {last: advertisement, values});
			}
		}

		for (const id of histories.keys()) {
			if (!providers.has(id)) {
				histories.delete(id);
			}
		}
	};
	const stop = store.subscribe(look);
	return {of: id => histories.get(id)?.values ?? [], stop};
}
