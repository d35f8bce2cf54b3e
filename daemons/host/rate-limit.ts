import ipaddr from 'ipaddr.js';
import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {RequestLimit} from './router.js';

/** How often somebody may do something; who that is, is what the key says. */
export type RateLimit = {
	/**
	Counts one for that key.
	@returns the headers that tell how much is left
	@throws RATE_001 with the same headers and `Retry-After`
	*/
	consume(key: string): Promise<Record<string, string>>;
};

export type RateLimitOptions = {
	perMinute: number;
	/** Keys remembered at most; at the limit the one that was not heard of for the longest is forgotten. */
	maximumKeys?: number;
};

const windowMs = 60_000;
const defaultMaximumKeys = 50_000;

/** A minute begins with a key's first request, and lasts for it alone. */
export function createRateLimit({perMinute, maximumKeys = defaultMaximumKeys}: RateLimitOptions): RateLimit {
	const limiter = new RateLimiterMemory({points: perMinute, duration: windowMs / 1000});
	/** When each key was last heard of, the longest ago first. */
	const lastHeard = new Map<string, number>();
	const remember = async (key: string) => {
		const now = Date.now();
		lastHeard.delete(key);
		lastHeard.set(key, now);
		for (const [oldest, at] of lastHeard) {
			if (lastHeard.size <= maximumKeys && now - at < windowMs) {
				return;
			}

			lastHeard.delete(oldest);
			await limiter.delete(oldest);
		}
	};

	return {
		async consume(key) {
			// Unlike its `consume`, this counts without rejecting with what is no error.
			const {consumedPoints, msBeforeNext} = await limiter.penalty(key);
			await remember(key);
			const seconds = String(Math.max(1, Math.ceil(msBeforeNext / 1000)));
			const headers = {
				'RateLimit-Limit': String(perMinute),
				'RateLimit-Remaining': String(Math.max(0, perMinute - consumedPoints)),
				'RateLimit-Reset': seconds,
			};
			if (consumedPoints > perMinute) {
				throw new ApiError('RATE_001', `More than ${perMinute} requests in a minute.`, {
					headers: {...headers, 'Retry-After': seconds},
					hint: `Try again in ${seconds} s.`,
				});
			}

			return headers;
		},
	};
}

/** Counts requests by the address they come from. */
export function limitByAddress(limit: RateLimit): RequestLimit {
	return async ({remoteAddress}) => limit.consume(addressKey(remoteAddress));
}

/** Whom an address stands for: an IPv4 address itself, an IPv6 address its /64, which is what one customer gets. */
export function addressKey(remoteAddress: string): string {
	if (!ipaddr.isValid(remoteAddress)) {
		return remoteAddress;
	}

	const address = ipaddr.process(remoteAddress);
	if (address.kind() === 'ipv4') {
		return address.toString();
	}

	const prefix = address.toByteArray().slice(0, 8);
	return `${ipaddr.fromByteArray([...prefix, 0, 0, 0, 0, 0, 0, 0, 0])}/64`;
}
