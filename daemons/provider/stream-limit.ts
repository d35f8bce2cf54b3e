import {ApiError} from '../../source/protocol/error-codes.js';

/** How many streams each owner has open. */
export type StreamLimit = {
	/** Counts one until the signal ends it. @throws RATE_001 for one too many */
	open(owner: string, signal: AbortSignal): void;
};

export function createStreamLimit(maximum: number): StreamLimit {
	const open = new Map<string, number>();
	return {
		open(owner, signal) {
			// Who has gone while they were being identified has no stream, and nothing would ever end it.
			if (signal.aborted) {
				return;
			}

			const count = open.get(owner) ?? 0;
			if (count >= maximum) {
				throw new ApiError('RATE_001', `You have ${maximum} event streams open already.`, {
					hint: 'Close one of them first.',
					headers: {'Retry-After': '10'},
				});
			}

			open.set(owner, count + 1);
			signal.addEventListener(
				'abort',
				() => {
					const left = (open.get(owner) ?? 1) - 1;
					if (left === 0) {
						open.delete(owner);
					} else {
						open.set(owner, left);
					}
				},
				{once: true},
			);
		},
	};
}
