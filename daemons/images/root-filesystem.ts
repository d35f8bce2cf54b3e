import {chmod, copyFile, mkdir, readdir, stat, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Architecture} from './architecture.js';
import {buildFailed} from './errors.js';
import {guestFiles, guestFolders, guestLinks} from './micro-guest.js';
import {microPrograms} from './micro-recipe.js';
import {runTool} from './tools.js';

/** The folder an architecture has its libraries in, and the loader that finds them. */
const libraryFolders: Record<Architecture, {triplet: string; loader: string}> = {
	amd64: {triplet: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2'},
	arm64: {triplet: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1'},
};

export type RootFilesystemOptions = {
	/** The tree of unpacked packages. */
	packages: string;
	/** The empty folder to fill. */
	root: string;
	architecture: Architecture;
	signal: AbortSignal | undefined;
};

/** Fills a folder with all that the guest's disk will have on it. Who owns what is decided later, on the disk. */
export async function assembleRootFilesystem(options: RootFilesystemOptions): Promise<void> {
	const {root} = options;
	for (const folder of guestFolders) await mkdir(path.join(root, folder.path), {recursive: true});
	await installGuestFiles(root);
	await installPrograms(options);
	await installBusybox(options);
	await setFolderModes(root);
}

/** Finds a file of the packages, whether or not their release has moved /bin, /sbin and /lib into /usr. */
export async function locate(packages: string, name: string): Promise<string> {
	for (const candidate of [name, name.replace(/^usr\//, '')]) {
		const file = path.join(packages, candidate);
		const isFile = await stat(file)
			.then(stats => stats.isFile())
			.catch(() => false);
		if (isFile) return file;
	}

	throw buildFailed(`The packages do not have ${name}`);
}

async function installGuestFiles(root: string): Promise<void> {
	for (const {path: name, mode, content} of guestFiles) {
		const file = path.join(root, name);
		await mkdir(path.dirname(file), {recursive: true});
		await writeFile(file, content);
		await chmod(file, mode);
	}

	await mkdir(path.join(root, 'usr/bin'), {recursive: true});
	for (const [link, target] of Object.entries(guestLinks)) await symlink(target, path.join(root, link));
}

async function installPrograms({packages, root, architecture, signal}: RootFilesystemOptions): Promise<void> {
	const {triplet, loader} = libraryFolders[architecture];
	const loaderFile = await locate(packages, `usr/lib/${triplet}/${loader}`);
	const libraries = new Set<string>();
	for (const [source, target] of Object.entries(microPrograms)) {
		const program = await locate(packages, source);
		await installProgram(program, path.join(root, target));
		const output = await runTool(
			loaderFile,
			['--inhibit-cache', '--library-path', libraryPath(packages, triplet), '--list', program],
			{signal},
		);
		for (const library of parseLibraries(output.toString(), packages)) libraries.add(library);
	}

	// The programs name their loader by the path it has in Debian, /lib64 or /lib; both are links to /usr/lib.
	await installProgram(loaderFile, path.join(root, 'usr/lib', loader));
	for (const library of libraries) {
		await installProgram(library, path.join(root, 'usr/lib', triplet, path.basename(library)));
	}
}

function libraryPath(packages: string, triplet: string): string {
	return ['lib', 'usr/lib'].map(folder => path.join(packages, folder, triplet)).join(':');
}

/**
Reads the libraries a program needs from what the loader's `--list` says. One that is found nowhere, or on the host
only, is an error: the guest would not have it.
*/
export function parseLibraries(loaderOutput: string, packages: string): string[] {
	const needed = [...loaderOutput.matchAll(/^\t(\S+) => (.+?)(?: \(0x[\da-f]+\))?$/gm)];
	return needed
		.filter(([, name]) => !name?.startsWith('/'))
		.map(([, name, file]) => {
			if (file?.startsWith(`${packages}/`)) return file;
			throw buildFailed(`The packages do not have the library ${name}`);
		});
}

async function installBusybox({packages, root, signal}: RootFilesystemOptions): Promise<void> {
	const busybox = await locate(packages, 'usr/bin/busybox');
	const folder = path.join(root, 'usr/bin');
	await installProgram(busybox, path.join(folder, 'busybox'));

	const taken = new Set(await readdir(folder));
	const applets = (await runTool(busybox, ['--list'], {signal})).toString().split('\n');
	for (const applet of applets.filter(name => name !== '' && !taken.has(name))) {
		await symlink('busybox', path.join(folder, applet));
	}
}

async function installProgram(source: string, target: string): Promise<void> {
	await mkdir(path.dirname(target), {recursive: true});
	await copyFile(source, target);
	await chmod(target, 0o755);
}

// Here and not with mkdir, so that the builder's umask does not get into the guest.
async function setFolderModes(root: string): Promise<void> {
	const entries = await readdir(root, {recursive: true, withFileTypes: true});
	const folders = entries.filter(entry => entry.isDirectory());
	for (const folder of folders) await chmod(path.join(folder.parentPath, folder.name), 0o755);
	for (const folder of guestFolders) await chmod(path.join(root, folder.path), folder.mode);
}
