import http from 'node:http';
import type {Duplex} from 'node:stream';
import {isErrno} from '../../source/platform/files.js';

/** How long the sender of what is no HTTP has to hear so and hang up. */
const lingerMs = 1000;

const statusOf = new Map([
	['HPE_HEADER_OVERFLOW', 431],
	['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
	['ERR_HTTP_REQUEST_TIMEOUT', 408],
]);

/**
What is no HTTP at all gets the shortest answer that is, and loses its connection.
@returns the status it was told; undefined where nothing could be said any more
*/
export function refuseConnection(
	error: Error & {code?: string},
	socket: Duplex,
	isAnswering: boolean,
): number | undefined {
	// In the middle of another answer a second one would be taken for its content.
	if (!socket.writable || isAnswering || isErrno(error, 'ECONNRESET')) {
		socket.destroy();
		return undefined;
	}

	const status = statusOf.get(error.code ?? '') ?? 400;
	socket.end(
		`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
	);
	// Node has given this connection up: nobody else would ever close one whose sender keeps it half open.
	const timer = setTimeout(() => socket.destroy(), lingerMs);
	socket.once('close', () => clearTimeout(timer));
	return status;
}
