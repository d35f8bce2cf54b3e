import net from 'node:net';
import {ApiError} from '../../source/protocol/error-codes.js';
import {addressKey} from '../host/rate-limit.js';

/** The sockets of all checks together. */
export type SocketBudget = {
	/**
	Sets that many aside for a check.
	@throws RATE_001 where the caller has too many already, SRV_002 where there are not so many left
	*/
	reserve(caller: string, size: number): SocketShare;
	/** Open at this moment. */
	open(): number;
};

/** The sockets of one check. */
export type SocketShare = {
	size: number;
	connect(host: string, port: number): net.Socket;
	/** Gives them back; they must be closed by then. */
	release(): void;
};

export type SocketBudgetOptions = {
	maximum: number;
	/** Of them, for one IPv4 address or one /64 of IPv6. */
	perCaller: number;
	/** When to ask again: by then every check of now is over. */
	retryAfterSeconds: number;
};

/** Refuses what does not fit: a check that waited for its sockets would find ports closed that were never tried. */
export function createSocketBudget({
	maximum,
	perCaller,
	retryAfterSeconds,
}: SocketBudgetOptions): SocketBudget {
	const reserved = new Map<string, number>();
	let reservedInAll = 0;
	let open = 0;
	const headers = {'Retry-After': String(retryAfterSeconds)};
	const hint = `Try again in ${retryAfterSeconds} s.`;
	const add = (key: string, size: number) => {
		reservedInAll += size;
		const ofCaller = (reserved.get(key) ?? 0) + size;
		if (ofCaller === 0) {
			reserved.delete(key);
		} else {
			reserved.set(key, ofCaller);
		}
	};

	return {
		reserve(caller, size) {
			const key = addressKey(caller);
			if ((reserved.get(key) ?? 0) + size > perCaller) {
				throw new ApiError('RATE_001', `Other checks for ${key} are under way; this one is too many.`, {
					headers,
					hint,
				});
			}

			if (reservedInAll + size > maximum) {
				throw new ApiError('SRV_002', 'This port checker is busy with the checks of others.', {
					headers,
					hint,
				});
			}

			add(key, size);
			return {
				size,
				connect(host, port) {
					open += 1;
					return net.connect({host, port}).once('close', () => {
						open -= 1;
					});
				},
				release: () => add(key, -size),
			};
		},
		open: () => open,
	};
}
