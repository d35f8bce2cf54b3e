import type net from 'node:net';

/** All connections read into this one as long as they read little: an idle one has no buffer of its own. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);
const ownBytes = 256 * 1024;
/** A read of so much is worth a buffer of its own, one of so little is not. */
const muchBytes = 16 * 1024;
const littleBytes = 2 * 1024;

/**
Makes a socket read into the same memory again and again and hand it on to another. Beside `pipe`, whose every read is
a new buffer, that is twice as fast. What the other has not taken at once is left in place, and nothing is read until
it has.
*/
export function readInto(taker: net.Socket, resume: () => void): net.OnReadOpts {
	let buffer = shared;
	let isHeld = false;

	function goOn(): void {
		if (isHeld && taker.writableLength === 0) {
			isHeld = false;
			resume();
		}
	}

	return {
		buffer: () => buffer,
		callback(length) {
			const bytes = buffer.subarray(0, length);
			// The shared one is the next connection's as soon as this function is left.
			taker.write(buffer === shared ? Buffer.from(bytes) : bytes, goOn);
			isHeld = taker.writableLength > 0;
			if (length >= muchBytes && buffer === shared) {
				buffer = Buffer.allocUnsafeSlow(ownBytes);
			} else if (length <= littleBytes) {
				buffer = shared;
			}

			return !isHeld;
		},
	};
}
