import fs from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import {isErrno} from '../../../source/platform/files.js';

/** A folder that is a file system of its own, in memory and small. Only root can have one. */
export type SmallDisk = {
	/** Takes all the room there is. */
	fill(): Promise<void>;
	free(): Promise<void>;
	/** Whatever still uses it keeps it until then. */
	remove(): Promise<void>;
};

/** Puts a small disk in a folder's place, with all that the folder has. */
export async function moveToSmallDisk(folder: string, megabytes: number): Promise<SmallDisk> {
	const before = `${folder}.before`;
	const filler = path.join(folder, 'filler');
	await fs.rename(folder, before);
	await fs.mkdir(folder);
	await execa('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=700`, 'tmpfs', folder]);
	await execa('cp', ['-a', `${before}/.`, folder]);
	return {
		async fill() {
			const file = await fs.open(filler, 'a');
			try {
				for (;;) {
					await file.write(Buffer.alloc(4096));
				}
			} catch (error) {
				if (!isErrno(error, 'ENOSPC')) {
					throw error;
				}
			} finally {
				await file.close();
			}
		},
		free: () => fs.rm(filler),
		async remove() {
			await execa('umount', ['--lazy', folder]);
		},
	};
}
