import {createHash} from 'node:crypto';
import {ApiError} from './error-codes.js';
import {type Identity, identityIdSchema, recoverSigner, signatureSchema} from './identity.js';
import {timestampSchema} from './time.js';

/** Whose headers carry the signature: requestors sign to a provider, providers to a discovery server. */
export type SignerRole = 'Requestor' | 'Provider';

/** How far the clocks of the two sides may be apart. */
export const clockToleranceMs = 60_000;

export type SignedRequest = {
	method: string;
	/** Path with query, as sent. */
	path: string;
	/** Whom the request is for: a provider's id, or a discovery server's `host:port` as dialled. */
	audience: string;
	/** ISO 8601 in UTC. */
	timestamp: string;
	/** Empty where there is none. */
	body: string | Uint8Array;
};

/** The headers that prove who sends a request. */
export function signRequest(
	identity: Identity,
	role: SignerRole,
	request: SignedRequest,
): Record<string, string> {
	return {
		[`X-${role}-ID`]: identity.id,
		[`X-${role}-Timestamp`]: request.timestamp,
		[`X-${role}-Signature`]: identity.sign(requestText(request)),
	};
}

/** The text a request's signature is over; both sides build it from what they see. */
export function requestText({method, path, audience, timestamp, body}: SignedRequest): string {
	const bodyHash = createHash('sha256').update(body).digest('hex');
	return ['golem-request-v1', `${method} ${path}`, audience, timestamp, bodyHash].join('\n');
}

/** What a request says about its sender, before anything is believed. */
export type Credentials = {id: string; timestamp: string; signature: string};

/** Does a request come with something that has the shape of a signature? Older programs send none, or just a word. */
export function isSigned(
	headers: Readonly<Record<string, string | string[] | undefined>>,
	role: SignerRole,
): boolean {
	return signatureSchema.safeParse(headers[`x-${role.toLowerCase()}-signature`]).success;
}

/**
Takes the credentials out of a request's headers (lower-case names, as node has them).
@throws AUTH_003 where one is missing or has no sense
*/
export function readCredentials(
	headers: Readonly<Record<string, string | string[] | undefined>>,
	role: SignerRole,
): Credentials {
	const read = (name: string) => {
		const value = headers[`x-${role.toLowerCase()}-${name}`];
		if (typeof value !== 'string' || value === '') {
			throw new ApiError(
				'AUTH_003',
				`The header X-${role}-${name === 'id' ? 'ID' : capitalise(name)} is missing.`,
				{
					hint: 'Sign the request with your identity; `golem api` does it for you.',
				},
			);
		}

		return value;
	};

	const id = identityIdSchema.safeParse(read('id'));
	if (!id.success) {
		throw new ApiError(
			'AUTH_003',
			`The header X-${role}-ID is not an Ethereum address (0x and 40 hex digits).`,
		);
	}

	return {id: id.data, timestamp: read('timestamp'), signature: read('signature')};
}

/**
Checks a timestamp against this machine's clock.
@returns the time in milliseconds
@throws AUTH_002
*/
export function checkTimestamp(timestamp: string, nowMs: number): number {
	const time = timestampSchema.safeParse(timestamp).success ? Date.parse(timestamp) : Number.NaN;
	if (Number.isNaN(time) || Math.abs(nowMs - time) > clockToleranceMs) {
		throw new ApiError(
			'AUTH_002',
			`The timestamp ${timestamp.slice(0, 40)} is no UTC time (ISO 8601 with Z) within ${clockToleranceMs / 1000} s of this server's time, ${new Date(nowMs).toISOString()}.`,
			{hint: 'Set the clock of the sending machine (for example: timedatectl set-ntp true).'},
		);
	}

	return time;
}

/** @throws AUTH_001 unless the text was signed by that id */
export function checkSignature(text: string, {id, signature}: Pick<Credentials, 'id' | 'signature'>): void {
	if (recoverSigner(text, signature) !== id) {
		throw new ApiError('AUTH_001', `The signature is not ${id}'s over what was received.`);
	}
}

function capitalise(word: string): string {
	return word.charAt(0).toUpperCase() + word.slice(1);
}
