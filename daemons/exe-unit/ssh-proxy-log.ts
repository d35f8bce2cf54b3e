import type {Log} from '../../source/platform/log.js';
import type {EndedConnection} from './ssh-proxy-connection.js';

export type RefusalReason =
	| 'VM off'
	| 'too many connections'
	| 'too many waiting'
	| 'waited in vain'
	| 'no resources';

export type ConnectionLogLimits = {
	/** Connections with a line of their own in one period; the others are told as numbers at its end. */
	linesPerPeriod: number;
	periodMs: number;
};

/** Tells how connections ended, in as many lines as the limits allow, whoever knocks how often. */
export type ConnectionLog = {
	noteEnded(connection: EndedConnection): void;
	noteRefused(reason: RefusalReason): void;
	/** Tells what was not told yet. */
	flush(): void;
};

export function createConnectionLog(
	log: Log,
	{linesPerPeriod, periodMs}: ConnectionLogLimits,
): ConnectionLog {
	let lines = 0;
	let untold = 0;
	let refused: Partial<Record<RefusalReason, number>> = {};
	let period: NodeJS.Timeout | undefined;

	function beginPeriod(): void {
		period ??= setTimeout(flush, periodMs).unref();
	}

	function flush(): void {
		clearTimeout(period);
		period = undefined;
		if (untold > 0 || Object.keys(refused).length > 0) {
			log.info({untold, refused}, 'more connections');
		}

		lines = 0;
		untold = 0;
		refused = {};
	}

	return {
		noteEnded(connection) {
			beginPeriod();
			// Whoever said nothing was no user; such ones must not take the lines of those who are.
			if (connection.bytes_in > 0 && lines < linesPerPeriod) {
				lines += 1;
				log.info(connection, 'connection ended');
			} else {
				untold += 1;
			}
		},
		noteRefused(reason) {
			beginPeriod();
			refused[reason] = (refused[reason] ?? 0) + 1;
		},
		flush,
	};
}
