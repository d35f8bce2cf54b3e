import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Advertisement, AdvertisementQuery} from '../protocol/advertisement.js';

/** What discovery servers said when they were asked. */
export type ProviderSearch = {
	/** Each provider once, by its newest word. */
	genuine: Advertisement[];
	/** What is said to come from these providers, and does not. */
	forged: string[];
};

/** So many signatures take about 10 ms; Ctrl-C and what is drawn have their turn in between. */
const signaturesPerTurn = 10;

/** So long the others are waited for once one has answered. */
const othersPatienceMs = 3000;

/** Asks every discovery server. One that answers is enough, and one that is slow keeps nobody waiting. */
export async function searchProviders(
	urls: readonly string[],
	query: AdvertisementQuery,
	signal?: AbortSignal,
): Promise<ProviderSearch> {
	const {createDiscoveryClient} = await import('../client/discovery-client.js');
	const late = new AbortController();
	const ending = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
	let timer: NodeJS.Timeout | undefined;
	const answers = await Promise.allSettled(
		urls.map(async url => {
			const page = await createDiscoveryClient(url).page(query, {}, ending);
			timer ??= setTimeout(() => late.abort(), othersPatienceMs);
			return page;
		}),
	);
	clearTimeout(timer);
	signal?.throwIfAborted();
	const pages = answers.flatMap(answer =>
		answer.status === 'fulfilled' && !answer.value.unchanged ? [answer.value.advertisements] : [],
	);
	const failure = answers.find(answer => answer.status === 'rejected');
	if (pages.length === 0 && failure) {
		throw failure.reason;
	}

	return sortOut(pages.flat(), signal);
}

async function sortOut(all: readonly Advertisement[], signal?: AbortSignal): Promise<ProviderSearch> {
	const {createSignatureJudge} = await import('./signature-verdicts.js');
	const isGenuine = createSignatureJudge();
	const newest = new Map<string, Advertisement>();
	const forged = new Set<string>();
	for (const [index, advertisement] of all.entries()) {
		const {provider_id: id, timestamp} = advertisement;
		const known = newest.get(id);
		if (!isGenuine(advertisement)) {
			forged.add(id);
		} else if (!known || Date.parse(known.timestamp) < Date.parse(timestamp)) {
			newest.set(id, advertisement);
		}

		if (index % signaturesPerTurn === signaturesPerTurn - 1) {
			await nextTurn();
			signal?.throwIfAborted();
		}
	}

	return {genuine: [...newest.values()], forged: [...forged]};
}
