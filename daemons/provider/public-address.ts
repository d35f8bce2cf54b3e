import {setTimeout as sleep} from 'node:timers/promises';
import {askOwnAddress} from '../../source/client/port-checker-client.js';
import type {Log} from '../../source/platform/log.js';

const retryMs = 15_000;

/** The address requestors connect to: the setting's, or what a port checker sees. Asks until one tells. */
export async function findPublicAddress(
	{configured, servers, log}: {configured: string; servers: readonly string[]; log: Log},
	signal: AbortSignal,
): Promise<string> {
	if (configured !== 'auto') {
		return configured;
	}

	for (;;) {
		for (const server of servers) {
			const address = await askOwnAddress(server, signal).catch((error: unknown) => {
				log.warn({server, err: error}, 'could not learn the public address');
				return undefined;
			});
			if (address !== undefined) {
				return address;
			}
		}

		signal.throwIfAborted();
		await sleep(retryMs, undefined, {signal});
	}
}
