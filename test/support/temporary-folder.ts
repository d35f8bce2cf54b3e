import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';

/** A folder of the test's own, gone with it. Its path is short enough for unix sockets. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
	const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'golem-')));
	t.teardown(() => fs.rm(folder, {recursive: true, force: true}));
	return folder;
}

/** The permissions of a file or folder, as in `chmod`. */
export async function modeOf(file: string): Promise<string> {
	return ((await fs.stat(file)).mode & 0o777).toString(8);
}
