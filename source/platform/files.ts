import {randomBytes} from 'node:crypto';
import fs, {constants} from 'node:fs/promises';
import path from 'node:path';

/** Makes a folder that only its owner can enter, with all that leads to it; one that is there is closed to others. */
export async function ensurePrivateFolder(folder: string): Promise<string> {
	await ensureFolder(folder, 0o700);
	await fs.chmod(folder, 0o700);
	return folder;
}

/**
Makes a folder with all that leads to it; one that is there stays as it is. One by one: asked for all of them at once
below /proc, where none can be made, Node 20 tries for ever.
@param mode of those it makes
*/
export async function ensureFolder(folder: string, mode: number): Promise<void> {
	const make = async () => {
		try {
			await fs.mkdir(folder, {mode});
		} catch (error) {
			// What is there by that name may be a file; and a folder on a read-only disk is not told to be there.
			if (!(await isFolder(folder))) {
				throw error;
			}
		}
	};

	try {
		await make();
	} catch (error) {
		const parent = path.dirname(path.resolve(folder));
		if (!isErrno(error, 'ENOENT') || parent === path.resolve(folder)) {
			throw error;
		}

		await ensureFolder(parent, mode);
		await make();
	}
}

async function isFolder(file: string): Promise<boolean> {
	return fs.stat(file).then(
		stats => stats.isDirectory(),
		() => false,
	);
}

/**
Writes a whole file or nothing: a reader, or the next start after a kill, sees the old content or the new one. The file
has its mode from its first byte on, so that a key is never readable for a moment.
*/
export async function writeFileAtomically(
	file: string,
	content: string | Uint8Array,
	{mode = 0o600}: {mode?: number} = {},
): Promise<void> {
	const temporary = path.join(
		path.dirname(file),
		`.${path.basename(file)}.${randomBytes(6).toString('hex')}`,
	);
	try {
		const handle = await fs.open(temporary, 'wx', mode);
		try {
			await handle.writeFile(content);
			await handle.sync();
		} finally {
			await handle.close();
		}

		await fs.rename(temporary, file);
	} catch (error) {
		await fs.rm(temporary, {force: true});
		// Of the renaming Node names the other file, which nobody knows.
		throw error instanceof Error ? Object.assign(error, {path: file}) : error;
	}
}

/**
The text of a file, or undefined where there is none.
@throws ESPIPE where it is a pipe: who opens that waits for somebody who writes, perhaps for ever, and no signal ends it
*/
export async function readFileIfThere(file: string): Promise<string | undefined> {
	try {
		const handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
		try {
			if ((await handle.stat()).isFIFO()) {
				throw Object.assign(new Error(`ESPIPE: a pipe, open '${file}'`), {code: 'ESPIPE', path: file});
			}

			return await handle.readFile('utf8');
		} finally {
			await handle.close();
		}
	} catch (error) {
		if (isErrno(error, 'ENOENT')) {
			return undefined;
		}

		throw withPath(error, file);
	}
}

/** Opens a log to write at its end. @throws ENXIO where it is a pipe that nobody reads, instead of waiting for who does */
export async function openToAppend(file: string): Promise<fs.FileHandle> {
	const {O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK} = constants;
	return fs.open(file, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0o600);
}

/** Of what fails once a file is open (a full disk, a folder that is read), Node does not say which file it was. */
export function withPath(error: unknown, file: string): unknown {
	return error instanceof Error && !('path' in error) ? Object.assign(error, {path: file}) : error;
}

export async function fileExists(file: string): Promise<boolean> {
	return fs.access(file).then(
		() => true,
		() => false,
	);
}

/** Is this the system's error of that name (`ENOENT`, `ECONNREFUSED`, …)? */
export function isErrno(error: unknown, ...codes: string[]): boolean {
	return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
