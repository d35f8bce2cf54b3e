import type {Log} from '../../source/platform/log.js';

/** A request that is over, as far as its sender waits for it. */
export type AnsweredRequest = {
	method: string;
	/** Its pattern in the table of routes, or `unknown`. */
	route: string;
	status: number | 'aborted';
	durationMs: number;
	/** Of the error it was answered with. */
	code?: string | undefined;
	/** What went wrong on our side. */
	err?: unknown;
};

export const unknownRoute = 'unknown';

const defaultLinesPerSecond = 50;

/** Of what others can make happen as often as they like, only the beginning of each second is written down. */
export type BoundedLog = {
	/** One line: what only looked and went well for those who debug, the rest for everybody. */
	request(requestLog: Log, request: AnsweredRequest): void;
	warn(error: unknown, message: string): void;
};

export function createBoundedLog(log: Log, linesPerSecond = defaultLinesPerSecond): BoundedLog {
	let lines = 0;
	let leftOut = 0;
	const endSecond = () => {
		if (leftOut > 0) {
			log.warn({left_out: leftOut}, 'more requests than are written down');
		}

		lines = 0;
		leftOut = 0;
	};
	const mayWrite = () => {
		if (lines === 0) {
			setTimeout(endSecond, 1000).unref();
		}

		if (lines < linesPerSecond) {
			lines += 1;
			return true;
		}

		leftOut += 1;
		return false;
	};

	return {
		request(requestLog, {method, route, status, durationMs, code, err}) {
			const isFine = typeof status === 'number' && status < 400;
			const level = err !== undefined ? 'error' : method === 'GET' && isFine ? 'debug' : 'info';
			if (requestLog.isLevelEnabled(level) && mayWrite()) {
				requestLog[level](
					{method, route, status, ms: Math.round(durationMs), code, err},
					err === undefined ? 'request' : 'request failed by a fault of ours',
				);
			}
		},
		warn(error, message) {
			if (mayWrite()) {
				log.warn({err: error}, message);
			}
		},
	};
}
