import {randomBytes} from 'node:crypto';
import {mkdir, mkdtemp, open, readdir, rename, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {ensureFolder} from '../../source/platform/files.js';
import {currentFile, type Image, type InstalledImage, manifestFile} from './image.js';

/** A build under way: two folders that no other build touches. */
export type BuildFolder = {
	/** What will be the image's folder. */
	output: string;
	/** For what is needed on the way only. */
	scratch: string;
	/** Makes `output`, with this manifest, the current build of the image. Builds before it stay for the VMs on them. */
	publish: (image: Image) => Promise<InstalledImage>;
	/** Removes all that has not been published. */
	discard: () => Promise<void>;
};

const prefix = '.building-';

/** Starts a build in `imagesFolder/name`, having removed what builds that were killed have left there. */
export async function openBuildFolder(imagesFolder: string, name: string): Promise<BuildFolder> {
	const imageFolder = path.resolve(imagesFolder, name);
	await ensureFolder(imageFolder, 0o777);
	await removeLeftovers(imageFolder);

	const temporary = await mkdtemp(path.join(imageFolder, `${prefix}${process.pid}-`));
	const output = path.join(temporary, 'output');
	const scratch = path.join(temporary, 'scratch');
	await mkdir(output);
	await mkdir(scratch);

	return {
		output,
		scratch,
		async publish(image) {
			const build = `${image.builtAt.replaceAll(/\.\d+|\W/g, '')}-${randomBytes(3).toString('hex')}`;
			const folder = path.join(imageFolder, build);
			await writeFile(path.join(output, manifestFile), `${JSON.stringify(image, undefined, '\t')}\n`);
			await flush(output);
			await rename(output, folder);

			const pointer = path.join(temporary, currentFile);
			await writeFile(pointer, `${JSON.stringify({build})}\n`, {flush: true});
			await rename(pointer, path.join(imageFolder, currentFile));
			return {...image, folder};
		},
		discard: async () => rm(temporary, {recursive: true, force: true}),
	};
}

// So that a power cut right after the build can't leave a current image with empty files.
async function flush(folder: string): Promise<void> {
	for (const file of await readdir(folder)) {
		const handle = await open(path.join(folder, file));
		await handle.sync();
		await handle.close();
	}
}

async function removeLeftovers(imageFolder: string): Promise<void> {
	const folders = (await readdir(imageFolder)).filter(entry => entry.startsWith(prefix));
	for (const folder of folders) {
		const builder = Number.parseInt(folder.slice(prefix.length), 10);
		if (!isRunning(builder)) await rm(path.join(imageFolder, folder), {recursive: true, force: true});
	}
}

function isRunning(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		return error instanceof Error && 'code' in error && error.code === 'EPERM';
	}
}
