import {setTimeout as sleep} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import type {DiscoveryClient} from '../../source/client/discovery-client.js';
import type {Log} from '../../source/platform/log.js';
import {deadlineSignal} from '../../source/platform/waiting.js';
import type {AdvertisementBody} from '../../source/protocol/advertisement.js';
import type {Identity} from '../../source/protocol/identity.js';

export type AdvertiserOptions = {
	identity: Identity;
	servers: ReadonlyArray<{url: string; client: DiscoveryClient}>;
	/** What to say, or undefined while there is nothing that could be rented. */
	describe: () => AdvertisementBody | undefined;
	intervalMs: number;
	log: Log;
	onChange: () => void;
};

export type AdvertisingState = {url: string; advertised_at: string | null; error: string | null};

/** Keeps the network informed of what this provider offers. */
export type Advertiser = {
	/** Something that is advertised has changed; several changes at once are told once. */
	changed(): void;
	states(): AdvertisingState[];
	/** Stops, and withdraws what was said. */
	stop(): Promise<void>;
};

/** Changes that come within that time go out together. */
const coalesceMs = 200;
const firstRetryMs = 1000;
const lastRetryMs = 30_000;
const withdrawTimeoutMs = 3000;

/** Starts to advertise to every server, each on its own: one that is down keeps nobody from the others. */
export function startAdvertiser(options: AdvertiserOptions): Advertiser {
	const ending = new AbortController();
	const loops = options.servers.map(({url, client}) => {
		const state: AdvertisingState = {url, advertised_at: null, error: null};
		let wake = () => {};
		const finished = advertiseForEver({...options, client, state, signal: ending.signal}, onWake => {
			wake = onWake;
		});
		return {state, client, finished, wake: () => wake()};
	});

	return {
		changed() {
			for (const {wake} of loops) {
				wake();
			}
		},
		states: () => loops.map(({state}) => state),
		async stop() {
			ending.abort(new Error('ending'));
			await Promise.all(loops.map(({finished}) => finished));
			const withdrawals = loops
				.filter(({state}) => state.advertised_at !== null)
				.map(({client}) => client.withdraw(options.identity, AbortSignal.timeout(withdrawTimeoutMs)));
			for (const result of await Promise.allSettled(withdrawals)) {
				if (result.status === 'rejected') {
					options.log.warn({err: result.reason}, 'could not withdraw; the advertisement will expire');
				}
			}
		},
	};
}

type LoopOptions = Omit<AdvertiserOptions, 'servers'> & {
	client: DiscoveryClient;
	state: AdvertisingState;
	signal: AbortSignal;
};

async function advertiseForEver(
	{identity, client, describe, intervalMs, log, onChange, state, signal}: LoopOptions,
	onWake: (wake: () => void) => void,
): Promise<void> {
	let failures = 0;
	/** What was said last, while it holds. */
	let said: AdvertisementBody | undefined;
	let saidAtMs = 0;
	while (!signal.aborted) {
		const nap = new AbortController();
		onWake(() => nap.abort());
		const body = describe();
		const untilDueMs = saidAtMs + intervalMs - performance.now();
		const isSaid = untilDueMs > 0 && isDeepStrictEqual(body, said);
		if (body && !isSaid) {
			try {
				await client.advertise(identity, body, deadlineSignal(10_000, signal));
				failures = 0;
				said = body;
				saidAtMs = performance.now();
				state.advertised_at = new Date().toISOString();
				state.error = null;
				log.info({discovery: state.url, resources: body.resources}, 'advertised');
			} catch (error) {
				if (signal.aborted) {
					return;
				}

				failures += 1;
				said = undefined;
				state.error = error instanceof Error ? error.message : String(error);
				log.warn({discovery: state.url, err: error, failures}, 'could not advertise');
			}

			onChange();
		} else if (!body && state.advertised_at !== null) {
			said = undefined;
			state.advertised_at = null;
			await client
				.withdraw(identity, deadlineSignal(withdrawTimeoutMs, signal))
				.catch((error: unknown) =>
					log.warn({err: error}, 'could not withdraw; the advertisement will expire'),
				);
		}

		// News that came while this was being sent have ended the nap before it began.
		const napMs = failures > 0 ? retryDelayMs(failures) : isSaid ? untilDueMs : intervalMs;
		await sleep(napMs, undefined, {
			signal: AbortSignal.any([signal, nap.signal]),
		}).catch(() => {});
		await sleep(coalesceMs, undefined, {signal}).catch(() => {});
	}
}

/** Doubles up to half a minute, and is spread so that many providers do not come back at once. */
function retryDelayMs(failures: number): number {
	const delay = Math.min(lastRetryMs, firstRetryMs * 2 ** (failures - 1));
	return delay * (0.5 + Math.random() / 2);
}
