import fs from 'node:fs';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';

const thisFile = fileURLToPath(import.meta.url);
const packageFolder = findPackageFolder(path.dirname(thisFile));

/** This program's own version. */
export const version = readVersion();

/** The programs that run as processes of their own; nothing imports them. */
export type ProcessName = 'discovery' | 'port-checker' | 'provider' | 'exe-unit' | 'images';

/** The file to start a process with: compiled in an installed package, source where the tests run from source. */
export function processEntry(name: ProcessName): string {
	return thisFile.endsWith('.ts')
		? path.join(packageFolder, 'daemons', name, 'main.ts')
		: path.join(packageFolder, 'dist', 'daemons', name, 'main.js');
}

/** The folder with this program's own code, as Pastel wants it: the URL of a file beside `commands/`. */
export const commandsNeighbour = pathToFileURL(
	path.join(packageFolder, thisFile.endsWith('.ts') ? 'source' : 'dist/source', 'cli.cjs'),
).href;

function readVersion(): string {
	const manifest: {version: string} = JSON.parse(
		fs.readFileSync(path.join(packageFolder, 'package.json'), 'utf8'),
	);
	return manifest.version;
}

function findPackageFolder(folder: string): string {
	return fs.existsSync(path.join(folder, 'package.json')) ? folder : findPackageFolder(path.dirname(folder));
}
