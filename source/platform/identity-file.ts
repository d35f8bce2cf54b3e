import {randomBytes} from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import {ensurePrivateFolder, isErrno, readFileIfThere, writeFileAtomically} from './files.js';
import {GolemError} from './golem-error.js';

/**
The private key of this home, made at the first call. Two processes that make it at once end up with the same one.
@returns the key as hex
*/
export async function readOrCreateKeyFile(file: string, create: () => string): Promise<string> {
	const known = await readFileIfThere(file);
	if (known === undefined) {
		await ensurePrivateFolder(path.dirname(file));
		const unfinished = `${file}.${randomBytes(6).toString('hex')}`;
		await writeFileAtomically(unfinished, `${create()}\n`);
		try {
			// A link is there as a whole or not at all, and never replaces a key that somebody else has just made.
			await fs.link(unfinished, file);
		} catch (error) {
			if (!isErrno(error, 'EEXIST')) {
				throw error;
			}
		} finally {
			await fs.rm(unfinished);
		}

		return readOrCreateKeyFile(file, create);
	}

	const key = known.trim();
	if (!/^(?:0x)?[0-9a-fA-F]{64}$/.test(key)) {
		throw new GolemError('IDENTITY_DAMAGED', `${file} does not hold a private key (64 hex digits).`, {
			hint: 'Restore it from a backup, or move it away to begin as somebody new.',
		});
	}

	return key;
}
