import {createHash} from 'node:crypto';
import {ApiError} from '../../source/protocol/error-codes.js';
import {
	checkSignature,
	checkTimestamp,
	clockToleranceMs,
	readCredentials,
	requestText,
	type SignerRole,
} from '../../source/protocol/signed-request.js';
import type {ApiRequest} from './router.js';

/** Signatures remembered at most; at the limit the oldest go, which their timestamps would soon have done anyway. */
const maximumRemembered = 100_000;

/** Finds out who sent a request, and refuses one that was sent before. */
export type RequestAuthenticator = (
	request: Pick<ApiRequest, 'method' | 'path' | 'headers' | 'rawBody'>,
	audience: string,
) => string;

/**
What was signed before this begins may have been seen by an earlier run, of which nothing is remembered: it is refused.
@returns a function that gives the sender's id, or throws AUTH_001 (not theirs), AUTH_002 (too old, or seen before) or
AUTH_003 (nothing there)
*/
export function createRequestAuthenticator(
	role: SignerRole,
	now: () => number = Date.now,
): RequestAuthenticator {
	const seenUntil = new Map<string, number>();
	const beganAt = now();
	return ({method, path, headers, rawBody}, audience) => {
		const credentials = readCredentials(headers, role);
		const nowMs = now();
		const sentAt = checkTimestamp(credentials.timestamp, nowMs);
		if (sentAt < beganAt) {
			const seconds = Math.ceil((beganAt - sentAt) / 1000);
			throw new ApiError('AUTH_002', 'The request was signed before this server was started.', {
				hint: `Sign it again. Where the clock of the sending machine is slow, that helps after ${seconds} s.`,
				headers: {'Retry-After': String(seconds)},
			});
		}

		const text = requestText({method, path, audience, timestamp: credentials.timestamp, body: rawBody});
		checkSignature(text, credentials);
		forget(seenUntil, nowMs);
		// By what was signed and not by the signature's spelling: its hex has two cases, and ECDSA a second valid s.
		const statement = createHash('sha256').update(`${credentials.id}\n${text}`).digest('base64');
		if (seenUntil.has(statement)) {
			throw new ApiError('AUTH_002', 'This very request was received before.');
		}

		seenUntil.set(statement, sentAt + clockToleranceMs);
		return credentials.id;
	};
}

/** Entries come in nearly in the order they end, so the ones to drop are at the front. */
function forget(seenUntil: Map<string, number>, nowMs: number): void {
	for (const [statement, until] of seenUntil) {
		if (until >= nowMs && seenUntil.size < maximumRemembered) {
			return;
		}

		seenUntil.delete(statement);
	}
}
