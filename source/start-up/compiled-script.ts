import fs from 'node:fs';
import Module, {createRequire} from 'node:module';
import path from 'node:path';
import vm from 'node:vm';
import {crc32} from 'node:zlib';

type Loaded = {script: vm.Script; source: Buffer; module: {exports: unknown}};

const loaded = new Map<string, Loaded>();
/** V8 refuses by itself what another V8 has compiled, or one with other flags; two builds of Node may share one. */
const maker = `${process.version} ${process.platform} ${process.arch}`;
const sumBytes = 4;

/**
Runs a CommonJS file of the build as `require` would, with what V8 compiled of it earlier: a short command spends more
time on that than on all else. If that is not there, or not as it was written, V8 compiles the file as ever.
*/
export function loadCompiledScript(file: string): unknown {
	const known = loaded.get(file);
	if (known) {
		return known.module.exports;
	}

	const requireHere = createRequire(file);
	// Only Node's own loader tells of source maps.
	if (process.sourceMapsEnabled) {
		return requireHere(file);
	}

	const source = fs.readFileSync(file);
	const cachedData = readCompiled(file, source);
	const script = new vm.Script(Module.wrap(source.toString()), {
		filename: file,
		importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
		...(cachedData && {cachedData}),
	});
	const module = {exports: {}};
	loaded.set(file, {script, source, module});
	const folder = path.dirname(file);
	const requireBeside = (name: string) =>
		name.startsWith('./') ? loadCompiledScript(path.join(folder, name)) : requireHere(name);
	script.runInThisContext()(module.exports, requireBeside, module, file, folder);
	return module.exports;
}

/** Keeps what V8 has compiled so far of the scripts that this process runs, each beside its script. */
export function saveCompiled(): void {
	for (const [file, {script, source}] of loaded) {
		const compiled = script.createCachedData();
		const sum = Buffer.alloc(sumBytes);
		sum.writeUInt32BE(sumOf(source, compiled));
		// In one step: who starts in this moment finds the old one or the new one.
		const unfinished = `${compiledFile(file)}.${process.pid}`;
		fs.writeFileSync(unfinished, Buffer.concat([sum, compiled]), {mode: 0o644});
		fs.renameSync(unfinished, compiledFile(file));
	}
}

/** V8 looks neither at the text of the script nor whether its own bytes are whole, and may crash on them: the sum is for that. */
function readCompiled(file: string, source: Buffer): Buffer | undefined {
	try {
		const content = fs.readFileSync(compiledFile(file));
		const compiled = content.subarray(sumBytes);
		return content.readUInt32BE() === sumOf(source, compiled) ? compiled : undefined;
	} catch {
		return undefined;
	}
}

function sumOf(source: Buffer, compiled: Buffer): number {
	return crc32(compiled, crc32(source, crc32(maker)));
}

function compiledFile(file: string): string {
	return `${file}.compiled`;
}
