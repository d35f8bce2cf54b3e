import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {GolemError} from '../../source/platform/golem-error.js';
import {acquireProcessLock} from '../../source/platform/process-lock.js';
import {eventually} from './waiting.js';

const imageBuilder = fileURLToPath(new URL('../../dist/daemons/images/main.js', import.meta.url));
const buildTimeoutMs = 180_000;

/**
A folder with the guest image, kept between runs. Whoever needs it first builds it; test files that run at the same time
wait for that one.
*/
export async function sharedImages(): Promise<string> {
	const folder = path.join(os.tmpdir(), `golem-test-images-${os.userInfo().uid}`);
	await fs.mkdir(folder, {recursive: true, mode: 0o700});
	const lock = await eventually(
		`the lock of ${folder}`,
		() =>
			acquireProcessLock(path.join(folder, 'lock')).catch((error: unknown) => {
				if (error instanceof GolemError && error.code === 'ALREADY_RUNNING') {
					return undefined;
				}

				throw error;
			}),
		buildTimeoutMs,
	);
	try {
		if ((await runBuilder('find', folder)) === null) {
			await runBuilder('build', folder);
		}
	} finally {
		await lock.release();
	}

	return folder;
}

/** Gives a home the guest image. */
export async function provideImages(home: string): Promise<void> {
	await fs.mkdir(home, {recursive: true, mode: 0o700});
	await fs.symlink(await sharedImages(), path.join(home, 'images'));
}

async function runBuilder(verb: 'find' | 'build', folder: string): Promise<unknown> {
	const {stdout} = await execa(process.execPath, [imageBuilder, verb, 'micro', '--images-folder', folder], {
		stdin: 'ignore',
		timeout: buildTimeoutMs,
	});
	return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').image;
}
