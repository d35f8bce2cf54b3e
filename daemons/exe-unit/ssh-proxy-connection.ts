import net from 'node:net';
import {readInto} from './ssh-proxy-reading.js';

export type GuestAddress = {host: string; port: number};

export type ConnectionLimits = {
	/** For the guest to take a connection. */
	connectMs: number;
	/** Without a byte in either direction. */
	idleMs: number;
	/** The same, once one side has said its last. */
	halfClosedIdleMs: number;
	/** For one side to take what was read from the other before that was gone. */
	lingerMs: number;
};

export type EndReason =
	| 'client closed'
	| 'client broke off'
	| 'guest closed'
	| 'guest broke off'
	| 'guest unreachable'
	| 'idle'
	| 'VM off'
	| 'proxy closed';

export type EndedConnection = {
	client: string;
	duration_ms: number;
	bytes_in: number;
	bytes_out: number;
	reason: EndReason;
};

export type Connection = {
	client: net.Socket;
	/** What was read from the guest still gets to the client, if it takes it. */
	finish(reason: EndReason): void;
	destroy(reason: EndReason): void;
};

/**
As much as one read brings: each is then written before the next, while fewer and fuller reads cost less. From client to
guest two of them can be held, from guest to client one buffer of 256 KB, and only where somebody does not take.
*/
export const bufferBytes = 64 * 1024;

/** Takes a paused client to the guest; until the guest has taken it, what it says stays with the kernel. */
export function carryConnection(
	client: net.Socket,
	target: GuestAddress,
	limits: ConnectionLimits,
	onEnded: (end: EndedConnection) => void,
): Connection {
	const startedAtMs = performance.now();
	const address = describeClient(client);
	const reading = {highWaterMark: bufferBytes, onread: readInto(client, () => guest.resume())};
	const guest = net.connect({...target, ...reading, allowHalfOpen: true, noDelay: true});
	let reason: EndReason | undefined;
	let openSides = 2;
	let isJoined = false;

	function noteReason(next: EndReason): void {
		reason ??= next;
	}

	function destroy(next: EndReason): void {
		noteReason(next);
		client.destroy();
		guest.destroy();
	}

	/** The first end is the reason; from then on silence is suspicious sooner. */
	function noteEnd(next: EndReason): void {
		noteReason(next);
		client.setTimeout(limits.halfClosedIdleMs);
	}

	/** What was read for the one that is left is still its own, if it takes it soon. */
	function release(left: net.Socket): void {
		left.setTimeout(limits.lingerMs, () => left.destroy());
		left.destroySoon();
		openSides -= 1;
		if (openSides === 0) {
			onEnded({
				client: address,
				duration_ms: Math.round(performance.now() - startedAtMs),
				bytes_in: client.bytesRead,
				bytes_out: client.bytesWritten,
				reason: reason ?? 'client closed',
			});
		}
	}

	client.setTimeout(limits.connectMs);
	client.on('timeout', () => destroy(isJoined ? 'idle' : 'guest unreachable'));
	client.on('end', () => noteEnd('client closed'));
	client.on('error', () => destroy('client broke off'));
	client.on('close', () => release(guest));
	guest.on('connect', () => {
		isJoined = true;
		client.setTimeout(limits.idleMs);
		client.pipe(guest);
	});
	guest.on('end', () => {
		noteEnd('guest closed');
		client.end();
	});
	guest.on('error', () => noteReason(isJoined ? 'guest broke off' : 'guest unreachable'));
	guest.on('close', () => release(client));

	return {
		client,
		finish(next) {
			noteReason(next);
			guest.destroy();
		},
		destroy,
	};
}

function describeClient({remoteAddress = 'unknown', remotePort}: net.Socket): string {
	return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
