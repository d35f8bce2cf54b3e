import {pollUntil} from '../../source/platform/waiting.js';

/** Asks until there is an answer; a condition that never comes true fails the test by its name. */
export async function eventually<Answer>(
	what: string,
	ask: () => Promise<Answer | undefined> | Answer | undefined,
	timeoutMs = 10_000,
): Promise<Answer> {
	const answer = await pollUntil(ask, {timeoutMs, intervalMs: 20});
	if (answer === undefined) {
		throw new Error(`Not within ${timeoutMs / 1000} s: ${what}`);
	}

	return answer;
}

/** Turns a condition into an answer that `eventually` waits for. */
export const whenTrue = (condition: boolean): true | undefined => condition || undefined;
