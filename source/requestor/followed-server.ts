import {setTimeout as sleep} from 'node:timers/promises';
import type {DiscoveryClient, PageAnswer} from '../client/discovery-client.js';
import {GolemError} from '../platform/golem-error.js';
import {createPageReader} from './page-reader.js';
import {type Copy, createServerCopies} from './server-copies.js';

/** How it stands with a discovery server. */
export type ServerView = {
	url: string;
	state: 'asking' | 'ok' | 'failed';
	/** When its last good answer came, in milliseconds since 1970. */
	at: number | undefined;
	error: string | undefined;
	/** How many advertisements it says it has. */
	total: number;
};

export type FollowOptions = {
	url: string;
	client: Pick<DiscoveryClient, 'page'>;
	/** Read at most. */
	pages: number;
	intervalMs: number;
	fullEveryMs: number;
	requestsPerMinute: number;
	now: () => number;
	/** Told of the providers that have come, changed or gone; of none where only the view is new. */
	onNews: (ids: ReadonlySet<string>) => void;
	signal: AbortSignal;
};

/** A discovery server, asked again and again until the signal. */
export type FollowedServer = {
	view(): ServerView;
	copies: ReadonlyMap<string, Copy>;
	forgetExpired(): void;
};

const longestRetryAfterMs = 300_000;

export function followServer(options: FollowOptions): FollowedServer {
	const {url, fullEveryMs, now, onNews} = options;
	const copies = createServerCopies(now);
	let view: ServerView = {url, state: 'asking', at: undefined, error: undefined, total: 0};
	const reader = createPageReader({
		...options,
		onAnswer(answer) {
			copies.setClock(answer.serverTimeMs);
			view = viewAfter(view, answer, now());
			const {changed, hasMetKnown} = copies.take(answer.unchanged ? [] : answer.advertisements);
			onNews(changed);
			return answer.unchanged || hasMetKnown;
		},
	});
	const tellGone = (ids: ReadonlySet<string>) => {
		if (ids.size > 0) {
			onNews(ids);
		}
	};

	let completeAt: number | undefined;
	const look = async () => {
		const isDue = completeAt === undefined || now() - completeAt >= fullEveryMs;
		const seen = new Set<string>();
		const {count, isEnd} = await reader.read(isDue ? 'all' : 'new', seen);
		if (isEnd) {
			if (count > 1 && [...copies.all.keys()].some(id => !seen.has(id))) {
				// Who advertised anew while this was read has moved to the front, behind our back.
				await reader.read('new', seen);
			}

			tellGone(copies.keepOnly(seen));
		}

		completeAt = isEnd || isDue ? now() : completeAt;
	};
	void keepLooking(look, options, error => {
		view = {...view, state: 'failed', error: error instanceof Error ? error.message : String(error)};
		onNews(new Set());
	});

	return {
		view: () => view,
		copies: copies.all,
		forgetExpired() {
			const gone = copies.forgetExpired();
			if (gone.size > 0) {
				// Where it was our clock that jumped, the server has them still, and must not say «unchanged».
				reader.forgetTags();
			}

			tellGone(gone);
		},
	};
}

function viewAfter(view: ServerView, answer: PageAnswer, at: number): ServerView {
	return {
		...view,
		state: 'ok',
		at,
		error: undefined,
		total: answer.unchanged ? view.total : answer.total,
	};
}

async function keepLooking(
	look: () => Promise<void>,
	{intervalMs, signal}: Pick<FollowOptions, 'intervalMs' | 'signal'>,
	onFailure: (error: unknown) => void,
): Promise<void> {
	let failures = 0;
	while (!signal.aborted) {
		let waitMs = intervalMs;
		try {
			await look();
			failures = 0;
		} catch (error) {
			if (signal.aborted) {
				return;
			}

			failures += 1;
			waitMs = pauseAfter(error, failures, intervalMs);
			onFailure(error);
		}

		await sleep(waitMs, undefined, {signal}).catch(() => {});
	}
}

/** Twice as long each time up to ten times, or as long as the server asks for. */
function pauseAfter(error: unknown, failures: number, intervalMs: number): number {
	const asked = error instanceof GolemError ? error.details['retry_after_seconds'] : undefined;
	return Math.max(
		Math.min(intervalMs * 2 ** (failures - 1), intervalMs * 10),
		typeof asked === 'number' ? Math.min(asked * 1000, longestRetryAfterMs) : 0,
	);
}
