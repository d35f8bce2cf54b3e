import {mkdir, readdir} from 'node:fs/promises';
import path from 'node:path';
import {GolemError} from '../../source/platform/golem-error.js';
import {buildFailed} from './errors.js';
import {type RunOptions, runTool} from './tools.js';

/** Which packages an image is made of. */
export type PackageSelection = {
	/** Packages that come with the libraries and kernel parts they depend on. */
	withLibraries: readonly string[];
	/** Packages whose wanted programs need nothing that the others don't bring. */
	alone: readonly string[];
};

/**
Downloads packages with the host's own apt, which checks their signatures, and unpacks them into one tree below
`folder`, whose path it answers. Dependencies other than libraries (debconf, initramfs-tools…) are left out: nothing
of a package is ever configured or run.
*/
export async function fetchPackages(
	selection: PackageSelection,
	folder: string,
	signal: AbortSignal | undefined,
): Promise<string> {
	const archives = path.join(folder, 'archives');
	const tree = path.join(folder, 'packages');
	await mkdir(archives);
	await mkdir(tree);

	const packages = [...(await findLibraries(selection.withLibraries, signal)), ...selection.alone];
	// As root, apt would download as the user _apt, who may not reach into this folder.
	await runApt('apt-get', ['--option', 'APT::Sandbox::User=root', 'download', ...packages], {
		cwd: archives,
		signal,
	});

	for (const archive of await readdir(archives)) {
		await runTool('dpkg-deb', ['--extract', path.join(archives, archive), tree], {signal});
	}

	return tree;
}

async function findLibraries(
	roots: readonly string[],
	signal: AbortSignal | undefined,
): Promise<Set<string>> {
	const unwanted = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
	const options = unwanted.map(relation => `--no-${relation}`);
	return followLibraries(
		await runApt('apt-cache', ['depends', '--recurse', ...options, ...roots], {signal}),
		roots,
	);
}

/**
Follows what `apt-cache depends --recurse` prints from `roots` along the dependencies on libraries and on parts of the
kernel, however a release of the distribution calls them. Of alternatives it takes the first.
*/
export function followLibraries(aptOutput: string, roots: readonly string[]): Set<string> {
	const dependencies = parseDependencies(aptOutput);
	const found = new Set(roots);
	// A set hands out what is added to it while it is walked.
	for (const name of found) {
		for (const dependency of dependencies.get(name) ?? []) {
			if (/^(lib|zlib|linux-image-|linux-modules-)/.test(dependency)) found.add(dependency);
		}
	}

	return found;
}

// A package's name stands at the margin, its dependencies indented below it. `|Depends:` means «this or the next».
function parseDependencies(aptOutput: string): Map<string, string[]> {
	const dependencies = new Map<string, string[]>();
	let current: string[] = [];
	let isAlternative = false;
	for (const line of aptOutput.split('\n')) {
		const [, or, name] = /^ ([ |])(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
		if (name !== undefined) {
			if (!isAlternative) current.push(name);
			isAlternative = or === '|';
		} else if (/^\S/.test(line)) {
			current = [];
			isAlternative = false;
			dependencies.set(line, current);
		}
	}

	return dependencies;
}

async function runApt(tool: string, args: readonly string[], options: RunOptions): Promise<string> {
	try {
		return (await runTool(tool, args, options)).toString();
	} catch (error) {
		if (!(error instanceof GolemError)) throw error;
		// Lists that are empty or out of date, the latter seen as a package the mirror has replaced since.
		if (!/Unable to locate package|No packages found|404 +Not Found/.test(error.message)) throw error;
		throw buildFailed(`The package lists of this host are missing or out of date: ${error.message}`, {
			hint: 'Run: sudo apt-get update',
			cause: error,
		});
	}
}
