import {setTimeout as sleep} from 'node:timers/promises';

export type Pauses = {firstMs: number; lastMs: number};

/**
Does something that ends by itself again and again, with pauses that grow while it fails at once.
@param attempt resolves with whether it went well for a while, so that the next pause is a short one
*/
export async function again(
	attempt: (signal: AbortSignal) => Promise<boolean>,
	{firstMs, lastMs}: Pauses,
	signal: AbortSignal,
): Promise<void> {
	let failures = 0;
	while (!signal.aborted) {
		const wentWell = await attempt(signal);
		failures = wentWell ? 0 : failures + 1;
		const pauseMs = Math.min(lastMs, firstMs * 2 ** Math.max(0, failures - 1));
		await sleep(pauseMs, undefined, {signal}).catch(() => {});
	}
}
