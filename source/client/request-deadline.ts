import {exitCodes, GolemError} from '../platform/golem-error.js';
import {asSubject} from './http-message.js';

/**
After this process was stopped or busy for long, its timers run out before it reads what has come meanwhile: so much
longer is waited for that.
*/
const graceMs = 50;

/** Ends a request when whoever asked says so, or when its time is up. */
export type RequestDeadline = {
	signal: AbortSignal;
	/** Gives it so long from now on. */
	extend(timeoutMs: number): void;
	/** From now on only whoever asked can end it. */
	lift(): void;
	/** For when all is over: nothing is left of it. */
	clear(): void;
	/** What an error that came of the request means. */
	explain(error: unknown): unknown;
};

/** @param name what is on the other side, for messages */
export function startDeadline(
	timeoutMs: number,
	{name, hint, signal}: {name: string; hint: string | undefined; signal: AbortSignal | undefined},
): RequestDeadline {
	const ending = new AbortController();
	const end = () => ending.abort();
	let givenMs = timeoutMs;
	let stopWaiting = endAfter(givenMs, end);
	signal?.addEventListener('abort', end, {once: true});
	if (signal?.aborted) {
		end();
	}

	return {
		signal: ending.signal,
		extend(furtherMs) {
			stopWaiting();
			givenMs = furtherMs;
			stopWaiting = endAfter(givenMs, end);
		},
		lift: () => stopWaiting(),
		clear() {
			stopWaiting();
			signal?.removeEventListener('abort', end);
		},
		explain(error) {
			if (signal?.aborted) {
				return signal.reason;
			}

			if (error instanceof GolemError) {
				return error;
			}

			if (ending.signal.aborted) {
				return new GolemError('NET_001', `${asSubject(name)} did not answer in ${givenMs / 1000} s.`, {
					exitCode: exitCodes.timedOut,
					hint,
					cause: error,
				});
			}

			// The system's errors have a code, and those of a parser that could make nothing of the answer.
			return error instanceof Error && 'code' in error
				? new GolemError('NOT_REACHABLE', `${asSubject(name)} cannot be reached (${error.code}).`, {
						exitCode: exitCodes.notReachable,
						hint,
						cause: error,
					})
				: error;
		},
	};
}

/** @returns what stops it from ending */
function endAfter(timeoutMs: number, end: () => void): () => void {
	let sockets: NodeJS.Immediate | undefined;
	let timer = setTimeout(() => {
		// Comes after a look at the sockets, however late it is.
		sockets = setImmediate(() => {
			timer = setTimeout(end, graceMs);
		});
	}, timeoutMs);
	return () => {
		clearTimeout(timer);
		clearImmediate(sockets);
	};
}
