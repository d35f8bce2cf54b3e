import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {ensurePrivateFolder, isErrno} from './files.js';
import {exitCodes, GolemError} from './golem-error.js';
import {socketPath} from './paths.js';

const probeTimeoutMs = 1000;

/**
Makes a server listen on a unix socket that only its owner can open (0600, in a 0700 folder). A socket file that nobody
answers on any more is replaced; where somebody answers, `ALREADY_RUNNING` is thrown. Call it while holding the
daemon's lock: two processes that replace the same stale socket at once would each believe they own it.
*/
export async function listenOnUnixSocket(server: net.Server, file: string): Promise<void> {
	socketPath(file);
	await ensurePrivateFolder(path.dirname(file));
	if (await answersOnUnixSocket(file)) {
		throw new GolemError('ALREADY_RUNNING', `Something already listens on ${file}.`, {
			exitCode: exitCodes.conflict,
		});
	}

	await fs.rm(file, {force: true});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(file, () => {
			server.off('error', reject);
			resolve();
		});
	});
	await fs.chmod(file, 0o600);
}

/** Does a process accept connections there? A file nobody listens on, or none at all, is a no. */
export async function answersOnUnixSocket(file: string): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const socket = net.connect(file);
		socket.setTimeout(probeTimeoutMs);
		const settle = (answer: boolean) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('connect', () => settle(true));
		// Somebody is there but too busy to accept: that is not a socket to take away.
		socket.once('timeout', () => settle(true));
		socket.once('error', error => {
			if (isErrno(error, 'ENOENT', 'ECONNREFUSED', 'ENOTSOCK')) {
				settle(false);
			} else if (isErrno(error, 'EAGAIN')) {
				// So many wait for somebody who accepts nobody, on Linux.
				settle(true);
			} else {
				socket.destroy();
				reject(error);
			}
		});
	});
}
