import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fetchPackages} from './apt.js';
import {hostArchitecture} from './architecture.js';
import {openBuildFolder} from './build-folder.js';
import {writeDisk} from './disk.js';
import {buildAborted, buildFailed} from './errors.js';
import {hashFile, type Image, type InstalledImage} from './image.js';
import {writeInitrd} from './initrd.js';
import {installKernel} from './kernel.js';
import {guestUser, initrdInit} from './micro-guest.js';
import * as recipe from './micro-recipe.js';
import {collectModules, type Module} from './modules.js';
import {findMissingTools, hostKernelPackage} from './packages.js';
import {assembleRootFilesystem, locate} from './root-filesystem.js';

export type BuildProgress = {
	stage: 'prepare' | 'packages' | 'kernel' | 'files' | 'disk' | 'finish';
	message: string;
	/** How much of the build was done when the stage began, 0–1. */
	fraction: number;
};

export type BuildOptions = {
	imagesFolder: string;
	signal?: AbortSignal | undefined;
	onProgress?: ((progress: BuildProgress) => void) | undefined;
};

/**
Builds the image `micro` from packages of the host's distribution, without root or mounts, and makes it the current
one. A build that fails or is aborted leaves nothing behind; others may run at the same time.
*/
export async function buildMicro({imagesFolder, signal, onProgress}: BuildOptions): Promise<InstalledImage> {
	const enter = (stage: BuildProgress['stage'], message: string, fraction: number) => {
		if (signal?.aborted) throw buildAborted(signal.reason);
		onProgress?.({stage, message, fraction});
	};

	enter('prepare', 'Looking for the tools', 0);
	await requireTools();
	const architecture = hostArchitecture();
	const kernelPackage = await hostKernelPackage();
	const folder = await openBuildFolder(imagesFolder, recipe.microName);
	try {
		enter('packages', 'Downloading and unpacking packages', 0.05);
		const {withLibraries, alone} = recipe.microPackages;
		const selection = {withLibraries: [kernelPackage, ...withLibraries], alone};
		const packages = await fetchPackages(selection, folder.scratch, signal);

		enter('kernel', 'Unpacking the kernel', 0.5);
		const kernel = await installKernel(packages, path.join(folder.output, 'kernel'));
		const busybox = await locate(packages, 'usr/bin/busybox');
		const modules = await collectModules(kernel.modulesFolder, recipe.microModules, {busybox, signal});
		await writeFile(
			path.join(folder.output, 'initrd'),
			writeInitrd(initrdEntries(await readFile(busybox), modules)),
		);

		enter('files', "Laying out the guest's files", 0.65);
		const root = path.join(folder.scratch, 'root');
		await mkdir(root);
		await assembleRootFilesystem({packages, root, architecture, signal});

		enter('disk', 'Writing the disk', 0.75);
		const disk = {file: 'disk.qcow2', format: 'qcow2', sizeGb: recipe.microDiskSizeGb} as const;
		const home = {path: guestUser.home, owner: guestUser.id};
		await writeDisk({root, file: path.join(folder.output, disk.file), sizeGb: disk.sizeGb, home, signal});

		enter('finish', 'Computing checksums', 0.9);
		const image: Image = {
			name: recipe.microName,
			description: recipe.microDescription,
			recipe: recipe.microRecipe,
			arch: architecture,
			kernelVersion: kernel.version,
			builtAt: new Date().toISOString(),
			kernel: 'kernel',
			kernelFormat: kernel.format,
			initrd: 'initrd',
			disk,
			kernelArguments: recipe.microKernelArguments(architecture),
			tcgKernelArguments: recipe.microTcgKernelArguments,
			sshUser: guestUser.name,
			files: await hashFiles(folder.output),
		};
		return await folder.publish(image);
	} finally {
		await folder.discard();
	}
}

async function requireTools(): Promise<void> {
	const missing = await findMissingTools();
	if (missing.length === 0) return;
	const packages = [...new Set(missing.map(({debianPackage}) => debianPackage))];
	throw buildFailed(`Building an image needs ${missing.map(({tool}) => tool).join(', ')}`, {
		hint: `Run: sudo apt-get install ${packages.join(' ')}`,
	});
}

// Numbered, because the guest loads the modules in the order of their file names.
function initrdEntries(busybox: Buffer, modules: readonly Module[]) {
	const folders = ['bin', 'dev', 'modules', 'proc', 'root'].map(name => ({path: name, mode: 0o040755}));
	const files = modules.map(({name, content}, index) => ({
		path: `modules/${String(index).padStart(2, '0')}-${name}.ko`,
		mode: 0o100644,
		content,
	}));
	return [
		...folders,
		{path: 'bin/busybox', mode: 0o100755, content: busybox},
		{path: 'init', mode: 0o100755, content: Buffer.from(initrdInit)},
		...files,
	];
}

async function hashFiles(folder: string): Promise<Record<string, string>> {
	const names = (await readdir(folder)).sort();
	const hashes = await Promise.all(
		names.map(async name => [name, await hashFile(path.join(folder, name))] as const),
	);
	return Object.fromEntries(hashes);
}
