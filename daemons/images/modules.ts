import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';
import {buildFailed} from './errors.js';
import {runTool} from './tools.js';

/** A kernel module, decompressed. */
export type Module = {name: string; content: Buffer};

/**
Reads the wanted modules and all that they depend on, each after its dependencies, so that a guest can load them in
this order with nothing but `insmod`. Those built into the kernel are left out.
@param options.busybox a busybox of the host's architecture, for the modules of releases that compress them with xz
*/
export async function collectModules(
	modulesFolder: string,
	wanted: readonly string[],
	options: {busybox: string; signal: AbortSignal | undefined},
): Promise<Module[]> {
	const files = await indexModules(modulesFolder);
	const builtIn = await readBuiltIn(modulesFolder);
	const collected = new Map<string, Module>();

	const collect = async (name: string): Promise<void> => {
		if (collected.has(name) || builtIn.has(name)) return;
		const file = files.get(name);
		if (file === undefined) throw buildFailed(`The kernel has no module ${name}`);
		const content = await readModule(file, options);
		for (const dependency of moduleDependencies(content)) await collect(dependency);
		collected.set(name, {name, content});
	};

	for (const name of wanted) await collect(name);
	return [...collected.values()];
}

/** The names in the `depends=` entry of a module's `.modinfo` section. */
export function moduleDependencies(module: Buffer): string[] {
	const start = module.indexOf('\0depends=');
	if (start === -1) return [];
	const value = module.toString('latin1', start + '\0depends='.length, module.indexOf(0, start + 1));
	return value.split(',').filter(Boolean).map(plainName);
}

// virtio-rng.ko calls itself virtio_rng.
function plainName(file: string): string {
	return path
		.basename(file)
		.replace(/\.ko.*$/, '')
		.replaceAll('-', '_');
}

async function indexModules(modulesFolder: string): Promise<Map<string, string>> {
	const entries = await readdir(path.join(modulesFolder, 'kernel'), {recursive: true});
	const modules = entries.filter(entry => /\.ko(\.\w+)?$/.test(entry));
	return new Map(modules.map(entry => [plainName(entry), path.join(modulesFolder, 'kernel', entry)]));
}

async function readBuiltIn(modulesFolder: string): Promise<Set<string>> {
	const list = await readFile(path.join(modulesFolder, 'modules.builtin'), 'utf8');
	return new Set(list.split('\n').filter(Boolean).map(plainName));
}

async function readModule(
	file: string,
	{busybox, signal}: {busybox: string; signal: AbortSignal | undefined},
): Promise<Buffer> {
	switch (path.extname(file)) {
		case '.xz':
			return runTool(busybox, ['unxz', '-c', file], {signal});
		case '.zst':
			return runTool('zstd', ['--decompress', '--stdout', file], {signal});
		case '.gz':
			return gunzipSync(await readFile(file));
		default:
			return readFile(file);
	}
}
