import path from 'node:path';
import sqlite3 from 'sqlite3';
import {ensurePrivateFolder, isErrno} from './files.js';
import {exitCodes, GolemError} from './golem-error.js';
import {pollUntil} from './waiting.js';

/** Held until released, or until the process is gone, however it goes. */
export type ProcessLock = {release(): Promise<void>};

/** Kept from being collected as garbage, which would close them and let go of their locks. */
const held = new Set<sqlite3.Database>();

/**
Takes the lock of that file for this process, or throws `ALREADY_RUNNING` at once.

The lock is SQLite's exclusive lock on an otherwise empty database: a lock of the kernel (fcntl), which ends with the
process that holds it. So there is no stale lock to recognise after a kill, and no race in replacing one.
*/
export async function acquireProcessLock(file: string): Promise<ProcessLock> {
	await ensurePrivateFolder(path.dirname(file));
	const database = await new Promise<sqlite3.Database>((resolve, reject) => {
		const opened = new sqlite3.Database(file, error => (error ? reject(error) : resolve(opened)));
	});
	held.add(database);
	const close = () =>
		new Promise<void>((resolve, reject) => {
			held.delete(database);
			database.close(error => (error ? reject(error) : resolve()));
		});

	// By itself it would try for a second.
	database.configure('busyTimeout', 0);
	try {
		await new Promise<void>((resolve, reject) => {
			// Without a journal, which would need room on the disk: what frees it has to take locks too.
			database.exec('PRAGMA journal_mode=OFF; BEGIN EXCLUSIVE', error => (error ? reject(error) : resolve()));
		});
	} catch (error) {
		await close();
		// An I/O error is what is left of a file that its holder deletes in this moment.
		if (isErrno(error, 'SQLITE_BUSY', 'SQLITE_IOERR')) {
			throw new GolemError('ALREADY_RUNNING', `Another process holds ${file}.`, {
				exitCode: exitCodes.conflict,
				cause: error,
			});
		}

		throw error;
	}

	return {release: close};
}

/** As `acquireProcessLock`, but waits for its turn; undefined where that did not come in time. */
export async function waitForProcessLock(file: string, timeoutMs: number): Promise<ProcessLock | undefined> {
	return pollUntil(
		() =>
			acquireProcessLock(file).catch((error: unknown) => {
				if (error instanceof GolemError && error.code === 'ALREADY_RUNNING') {
					return undefined;
				}

				throw error;
			}),
		{timeoutMs, intervalMs: 25},
	);
}
