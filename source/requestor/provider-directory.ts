import {setImmediate as nextTurn} from 'node:timers/promises';
import {createDiscoveryClient, type DiscoveryClient} from '../client/discovery-client.js';
import {createSerialQueue} from '../platform/waiting.js';
import type {Advertisement} from '../protocol/advertisement.js';
import {followServer, type ServerView} from './followed-server.js';
import type {Copy} from './server-copies.js';
import {createSignatureJudge} from './signature-verdicts.js';

/** A provider as it was last heard of. The object is the same for as long as nothing of this has changed. */
export type DirectoryEntry = {
	readonly advertisement: Advertisement;
	/** Did the provider itself say this? Undefined until `check` has looked. */
	readonly isGenuine: boolean | undefined;
};

export type DirectoryPicture = {
	readonly servers: readonly ServerView[];
	/** By provider id; another map each time that something in it has changed. */
	readonly providers: ReadonlyMap<string, DirectoryEntry>;
};

/** All providers of some discovery servers, kept up to date until the signal. */
export type ProviderDirectory = {
	picture(): DirectoryPicture;
	/** Looks at the signatures of those providers, a few at a time; done when all are known. */
	check(ids: Iterable<string>): Promise<void>;
};

export type ProviderDirectoryOptions = {
	urls: readonly string[];
	/** Pages of a thousand that are read of one server at most. */
	pages?: number | undefined;
	/** Between two questions to one server. */
	intervalMs?: number | undefined;
	/** Between two readings of everything, which also find out who has withdrawn. */
	fullEveryMs?: number | undefined;
	/** To one server, which has a limit of its own for each address. */
	requestsPerMinute?: number | undefined;
	now?: (() => number) | undefined;
	/** Called at each answer and each failure; what has not changed in the picture is the same object as before. */
	onChange: (picture: DirectoryPicture) => void;
	signal: AbortSignal;
	createClient?: ((url: string) => Pick<DiscoveryClient, 'page'>) | undefined;
};

/** A signature takes about 1 ms, and a screen must not wait for longer than 8 ms. */
const sliceMs = 4;
/** So often a long check tells what it has found. */
const tellEveryMs = 100;

/** Follows discovery servers. One that cannot be reached is asked again and again, less and less often. */
export function createProviderDirectory({
	urls,
	pages = 20,
	intervalMs = 3000,
	fullEveryMs = 60_000,
	requestsPerMinute = 60,
	now = Date.now,
	onChange,
	signal,
	createClient = createDiscoveryClient,
}: ProviderDirectoryOptions): ProviderDirectory {
	let picture: DirectoryPicture = {servers: [], providers: new Map()};
	const copiesOf = (id: string) => servers.flatMap(({copies}) => copies.get(id) ?? []);
	const bestCopy = (id: string) => best(copiesOf(id), picture.providers.get(id)?.advertisement);
	const tell = (ids: Iterable<string>) => {
		picture = {
			servers: servers.map(server => server.view()),
			providers: withBest(picture.providers, ids, bestCopy),
		};
		onChange(picture);
	};

	const servers = [...new Set(urls)].map(url =>
		followServer({
			url,
			client: createClient(url),
			pages,
			intervalMs,
			fullEveryMs,
			requestsPerMinute,
			now,
			onNews: tell,
			signal,
		}),
	);
	picture = {...picture, servers: servers.map(server => server.view())};
	forgetInTime(
		() => {
			for (const server of servers) {
				server.forgetExpired();
			}
		},
		{intervalMs, signal},
	);
	return {picture: () => picture, check: createCheck({bestCopy, tell, signal})};
}

/** Also while a server does not answer. */
function forgetInTime(
	forget: () => void,
	{intervalMs, signal}: {intervalMs: number; signal: AbortSignal},
): void {
	if (!signal.aborted) {
		const timer = setInterval(forget, intervalMs);
		signal.addEventListener('abort', () => clearInterval(timer), {once: true});
	}
}

function createCheck({
	bestCopy,
	tell,
	signal,
}: {
	bestCopy: (id: string) => Copy | undefined;
	tell: (ids: Iterable<string>) => void;
	signal: AbortSignal;
}): ProviderDirectory['check'] {
	const isGenuine = createSignatureJudge();
	const inTurn = createSerialQueue();
	return ids =>
		inTurn(async () => {
			let checked = new Set<string>();
			let sliceBegan = performance.now();
			let toldAt = sliceBegan;
			for (const id of ids) {
				// Where one turns out to be forged, the next best comes up, and is not known either.
				for (let copy = bestCopy(id); copy && copy.isGenuine === undefined; copy = bestCopy(id)) {
					copy.isGenuine = isGenuine(copy.advertisement);
					checked.add(id);
					if (performance.now() - sliceBegan >= sliceMs) {
						if (performance.now() - toldAt >= tellEveryMs) {
							tell(checked);
							checked = new Set();
							toldAt = performance.now();
						}

						await nextTurn();
						if (signal.aborted) {
							return;
						}

						sliceBegan = performance.now();
					}
				}
			}

			if (checked.size > 0 && !signal.aborted) {
				tell(checked);
			}
		});
}

/** The newest that is not known to be forged; of equals the one that is shown already. */
function best(copies: readonly Copy[], shown: Advertisement | undefined): Copy | undefined {
	const rank = ({advertisement, isGenuine}: Copy) => [
		Number(isGenuine !== false),
		Date.parse(advertisement.timestamp),
		Number(advertisement === shown),
	];
	return copies.toSorted((a, b) => compareRanks(rank(b), rank(a)))[0];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
	const index = a.findIndex((value, position) => value !== b[position]);
	return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

/** The same map where nothing has changed. */
function withBest(
	entries: ReadonlyMap<string, DirectoryEntry>,
	ids: Iterable<string>,
	bestCopy: (id: string) => Copy | undefined,
): ReadonlyMap<string, DirectoryEntry> {
	let changed: Map<string, DirectoryEntry> | undefined;
	for (const id of ids) {
		const copy = bestCopy(id);
		const entry = entries.get(id);
		if (copy?.advertisement !== entry?.advertisement || copy?.isGenuine !== entry?.isGenuine) {
			changed ??= new Map(entries);
			if (copy) {
				const {advertisement, isGenuine} = copy;
				changed.set(id, {advertisement, isGenuine});
			} else {
				changed.delete(id);
			}
		}
	}

	return changed ?? entries;
}
