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

/**
Ends after that time, or earlier with the other signal. It keeps no process alive. The timer is one of ours: Node 20 may
collect an `AbortSignal.timeout` that only an `AbortSignal.any` knows of, and then its time never comes.
*/
export function deadlineSignal(timeoutMs: number, signal?: AbortSignal): AbortSignal {
	const deadline = new AbortController();
	const reason = () => new DOMException(`It took longer than ${timeoutMs / 1000} s.`, 'TimeoutError');
	setTimeout(() => deadline.abort(reason()), timeoutMs).unref();
	return signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
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
