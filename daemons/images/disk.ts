import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import {microFilesystemOptions} from './micro-recipe.js';
import {runTool} from './tools.js';

export type DiskOptions = {
	/** The folder whose content the disk gets. */
	root: string;
	/** The qcow2 file to write. */
	file: string;
	sizeGb: number;
	/** A folder of the disk that belongs, with all in it, to this user and the group of the same number; the rest is root's. */
	home: {path: string; owner: number};
	signal: AbortSignal | undefined;
};

/** Writes a disk that is one ext4 filesystem, without a partition table, and takes no more room than what is on it. */
export async function writeDisk({root, file, sizeGb, home, signal}: DiskOptions): Promise<void> {
	const raw = `${file}.raw`;
	await runTool('mke2fs', [...microFilesystemOptions, '-d', root, raw, `${sizeGb}G`], {signal});
	await runTool('debugfs', ['-w', '-f', '-', raw], {
		signal,
		input: ownershipCommands(await listTree(root), home),
	});
	// Not raw: a hash of it would read 10 GB, and a copy of it might become that large.
	await runTool('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, file], {signal});
	await rm(raw);
}

async function listTree(root: string): Promise<string[]> {
	const entries = await readdir(root, {recursive: true, withFileTypes: true});
	return entries.map(entry => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/**
Commands for debugfs that give every path its owner: mke2fs copies the owners it sees, and an ordinary user can give
nothing away.
*/
export function ownershipCommands(paths: readonly string[], home: DiskOptions['home']): string {
	const isInHome = (name: string) => name === home.path || name.startsWith(`${home.path}/`);
	const commands = paths.flatMap(name => {
		const owner = isInHome(name) ? home.owner : 0;
		return ['uid', 'gid'].map(field => `set_inode_field "/${name}" ${field} ${owner}`);
	});
	return `${commands.join('\n')}\n`;
}
