import {setTimeout as sleep} from 'node:timers/promises';

/**
Asks again and again until there is an answer other than undefined, or time is up.
@returns the answer; undefined when the deadline passed first
@throws the signal's reason when it is aborted
*/
export async function pollUntil<Answer>(
	ask: () => Promise<Answer | undefined> | Answer | undefined,
	{timeoutMs, intervalMs, signal}: {timeoutMs: number; intervalMs: number; signal?: AbortSignal | undefined},
): Promise<Answer | undefined> {
	const deadline = performance.now() + timeoutMs;
	for (;;) {
		signal?.throwIfAborted();
		const answer = await ask();
		if (answer !== undefined) {
			return answer;
		}

		if (performance.now() >= deadline) {
			return undefined;
		}

		await sleep(intervalMs, undefined, {signal}).catch((error: unknown) => {
			signal?.throwIfAborted();
			throw error;
		});
	}
}

/** Ends after that time with the given reason, or earlier with the other signal. Unlike a bare timer it keeps no process alive. */
export function deadlineSignal(timeoutMs: number, signal?: AbortSignal): AbortSignal {
	const deadline = AbortSignal.timeout(timeoutMs);
	return signal ? AbortSignal.any([signal, deadline]) : deadline;
}

/** Runs one task at a time, in the order they came. */
export function createSerialQueue(): <Result>(task: () => Promise<Result>) => Promise<Result> {
	let last: Promise<unknown> = Promise.resolve();
	return async task => {
		const result = last.then(task);
		last = result.catch(() => {});
		return result;
	};
}
