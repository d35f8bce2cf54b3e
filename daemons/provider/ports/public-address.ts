import {setTimeout as sleep} from 'node:timers/promises';
import * as z from 'zod';
import {askAddressService} from '../../../source/client/address-service-client.js';
import {askOwnAddress} from '../../../source/client/port-checker-client.js';
import type {Log} from '../../../source/platform/log.js';

/** The address requestors connect to. */
export type PublicAddress = {
	/** Null while nobody could tell. */
	get(): string | null;
	/** For people: where it comes from, or why there is none. */
	explain(): string;
	/** Asks again; resolves with the address, at the latest when somebody tells one. @throws the signal's reason */
	find(signal: AbortSignal): Promise<string>;
};

const retryMs = 15_000;

/**
The setting's address, or what a port checker sees, or what one of the services says that answer with nothing but the
caller's address.
*/
export function createPublicAddress({
	configured,
	remembered,
	portCheckers,
	services,
	log,
	onChange,
	pauseMs = retryMs,
}: {
	configured: string;
	/** The one it had before it was started; it counts while nobody tells. */
	remembered?: string | undefined;
	portCheckers: readonly string[];
	services: readonly string[];
	log: Log;
	onChange: () => void;
	pauseMs?: number;
}): PublicAddress {
	const isConfigured = configured !== 'auto';
	let address = isConfigured ? configured : null;
	let explanation = isConfigured ? 'as configured' : 'not asked yet';
	const sources = [
		...portCheckers.map(url => ({url, ask: askOwnAddress})),
		...services.map(url => ({url, ask: askAddressService})),
	];

	async function askEach(signal: AbortSignal): Promise<string | undefined> {
		for (const {url, ask} of sources) {
			try {
				const answer = await ask(url, signal);
				if (answer !== undefined) {
					explanation = `as ${url} says`;
					return answer;
				}
			} catch (error) {
				signal.throwIfAborted();
				log.warn({server: url, err: error}, 'could not learn the public address');
			}
		}

		explanation =
			(address ?? remembered ?? null) === null
				? 'unknown: no port checker and no address service told it'
				: 'as it was told before; nobody tells it now';
		return undefined;
	}

	return {
		get: () => address,
		explain: () => explanation,
		async find(signal) {
			for (;;) {
				const found = isConfigured ? configured : ((await askEach(signal)) ?? address ?? remembered);
				if (found !== undefined && found !== address) {
					log.info({public_ip: found, before: address}, 'public address');
					address = found;
				}

				onChange();
				if (address !== null) {
					return address;
				}

				await sleep(pauseMs, undefined, {signal}).catch(() => signal.throwIfAborted());
			}
		},
	};
}

export const publicAddressSchema = z.union(
	[z.literal('auto'), z.ipv4(), z.ipv6()],
	'must be auto, or an IPv4 or IPv6 address',
);
