import type net from 'node:net';
import {isErrno} from '../../source/platform/files.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {PortError, PortFinding} from '../../source/protocol/port-check.js';
import type {Conversation} from './conversation.js';

export type AttemptOptions = {
	timeoutMs: number;
	signal: AbortSignal;
	/** What open connections are for; where there is none, that one opened is enough. */
	converse?: Conversation | undefined;
};

/**
One try at one port. An abort ends it like its time does: who aborts has no use for what was found.
@throws SRV_002 where this machine lacks what it takes, which says nothing about the port
*/
export async function attempt(
	socket: net.Socket,
	{timeoutMs, signal, converse}: AttemptOptions,
): Promise<PortFinding> {
	const end = () => socket.destroy();
	const timer = setTimeout(end, timeoutMs);
	signal.addEventListener('abort', end, {once: true});
	if (signal.aborted) {
		end();
	}

	try {
		const error = await connected(socket);
		if (!converse) {
			return {accessible: error === null, error};
		}

		if (error !== null) {
			return {accessible: false, error, verified: false};
		}

		const proof = await converse(socket);
		return proof === undefined
			? {accessible: false, error: 'Wrong answer', verified: false}
			: {accessible: true, error: null, verified: true, proof};
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', end);
		end();
	}
}

/** @returns why the connection did not come about, null where it did */
function connected(socket: net.Socket): Promise<PortError | null> {
	return new Promise((resolve, reject) => {
		socket.once('connect', () => resolve(null));
		// Stays for as long as the socket: errors of an open connection end it, and that is all.
		socket.on('error', error => {
			if (isErrno(error, 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM')) {
				reject(lacking(error));
			} else {
				resolve(describe(error));
			}
		});
		socket.once('close', () => resolve('Connection timed out'));
	});
}

function describe(error: Error): PortError {
	if (isErrno(error, 'ECONNREFUSED', 'ECONNRESET')) {
		return 'Connection refused';
	}

	if (isErrno(error, 'ENETUNREACH', 'EADDRNOTAVAIL')) {
		return 'Network unreachable';
	}

	return isErrno(error, 'ETIMEDOUT') ? 'Connection timed out' : 'Host unreachable';
}

function lacking(error: Error): ApiError {
	return new ApiError('SRV_002', 'This port checker has no sockets left to try ports with.', {
		headers: {'Retry-After': '10'},
		hint: 'Try again in 10 s.',
		cause: error,
	});
}
