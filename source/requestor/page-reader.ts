import type {DiscoveryClient, PageAnswer} from '../client/discovery-client.js';
import {createRequestBudget} from './request-budget.js';

/** Reads a server's pages, and asks for none in full that has not changed. */
export type PageReader = {
	/**
	Reads from the freshest on: all, or until something was known before. The ids of all that was there are added to `seen`.
	@returns how many pages it was, and whether the last of the server's was among them
	*/
	read(extent: Extent, seen: Set<string>): Promise<{count: number; isEnd: boolean}>;
	/** Has everything told in full again. */
	forgetTags(): void;
};

type Extent = 'all' | 'new';

/** What came with an ETag, and is so still when the server says that nothing has changed. */
type KnownPage = {etag: string | undefined; next: string | undefined; ids: readonly string[]};

/** As the freshest come first, a look at a few tells what is new. */
const glanceSize = 100;
const pageSize = 1000;
const glanceKey = keyOf(glanceSize, undefined);

export function createPageReader({
	client,
	pages,
	requestsPerMinute,
	onAnswer,
	signal,
}: {
	client: Pick<DiscoveryClient, 'page'>;
	/** Read at most. */
	pages: number;
	requestsPerMinute: number;
	/** @returns whether something in it was known before */
	onAnswer: (answer: PageAnswer) => boolean;
	signal: AbortSignal;
}): PageReader {
	const known = new Map<string, KnownPage>();
	const budget = createRequestBudget(requestsPerMinute);
	const ask = async (limit: number, cursor: string | undefined) => {
		const before = known.get(keyOf(limit, cursor));
		await budget.turn(signal);
		const answer = await client.page({limit}, {cursor, etag: before?.etag}, signal);
		signal.throwIfAborted();
		return {page: toKnownPage(answer, before), isOldNews: onAnswer(answer)};
	};

	return {
		async read(extent, seen) {
			const met = new Map<string, KnownPage>();
			let cursor: string | undefined;
			for (;;) {
				const limit = extent === 'all' || met.size > 0 ? pageSize : glanceSize;
				const {page, isOldNews} = await ask(limit, cursor);
				met.set(keyOf(limit, cursor), page);
				for (const id of page.ids) {
					seen.add(id);
				}

				cursor = page.next;
				// One that leads back to where this was already leads nowhere.
				const isCircle = met.has(keyOf(pageSize, cursor));
				if (cursor === undefined || isCircle || met.size >= pages || (extent === 'new' && isOldNews)) {
					remember(known, met, extent);
					return {count: met.size, isEnd: cursor === undefined};
				}
			}
		},
		forgetTags: () => known.clear(),
	};
}

function keyOf(limit: number, cursor: string | undefined): string {
	return `${limit} ${cursor ?? ''}`;
}

function toKnownPage(answer: PageAnswer, before: KnownPage | undefined): KnownPage {
	return answer.unchanged
		? (before ?? {etag: undefined, next: undefined, ids: []})
		: {
				etag: answer.etag,
				next: answer.next,
				ids: answer.advertisements.map(({provider_id}) => provider_id),
			};
}

/** After a glance its first page; after all of them these, for the addresses of earlier ones do not come again. */
function remember(known: Map<string, KnownPage>, met: ReadonlyMap<string, KnownPage>, extent: Extent): void {
	const glance = met.get(glanceKey) ?? known.get(glanceKey);
	if (extent === 'all') {
		known.clear();
		for (const [key, page] of met) {
			known.set(key, page);
		}
	}

	if (glance) {
		known.set(glanceKey, glance);
	}
}
