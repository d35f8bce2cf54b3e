import {once} from 'node:events';
import net from 'node:net';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {Rental} from './rentals.js';

/** Who does not take a connection in that time is not there, or too far away to work with. */
const connectTimeoutMs = 4000;

/**
Finds out whether anybody listens at a provider's address before something is sent there that must not get lost: of a
machine that is off, nothing else tells within the time that people wait.
@throws NOT_REACHABLE
*/
export async function mustListen({id, host, port}: Rental['provider'], signal?: AbortSignal): Promise<void> {
	const socket = net.connect({host, port});
	socket.setTimeout(connectTimeoutMs, () => socket.destroy(new Error('Nobody answered in time.')));
	try {
		await once(socket, 'connect', signal ? {signal} : {});
	} catch (error) {
		signal?.throwIfAborted();
		throw new GolemError('NOT_REACHABLE', `The provider ${id} (${host}:${port}) cannot be reached.`, {
			exitCode: exitCodes.notReachable,
			cause: error,
		});
	} finally {
		socket.destroy();
	}
}

/** Is this the failure of a request that found nobody to connect to? Then none of it has been sent. */
export function neverConnected(error: unknown): boolean {
	if (!(error instanceof GolemError && (error.code === 'NOT_REACHABLE' || error.code === 'NET_001'))) {
		return false;
	}

	const {cause} = error;
	const timings = cause instanceof Error && 'timings' in cause ? cause.timings : undefined;
	return (
		typeof timings === 'object' && timings !== null && 'connect' in timings && timings.connect === undefined
	);
}
