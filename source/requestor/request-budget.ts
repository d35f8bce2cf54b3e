import {setTimeout as sleep} from 'node:timers/promises';

/** Holds requests back that would be too many in a minute. */
export type RequestBudget = {
	/** Waits until one more may be sent. @throws when the signal is aborted */
	turn(signal: AbortSignal): Promise<void>;
};

const minuteMs = 60_000;

export function createRequestBudget(perMinute: number): RequestBudget {
	const sent: number[] = [];
	return {
		async turn(signal) {
			for (;;) {
				signal.throwIfAborted();
				const now = performance.now();
				while (sent[0] !== undefined && sent[0] <= now - minuteMs) {
					sent.shift();
				}

				const [oldest] = sent;
				if (oldest === undefined || sent.length < perMinute) {
					sent.push(now);
					return;
				}

				await sleep(oldest + minuteMs - now, undefined, {signal});
			}
		},
	};
}
