// Compiles source/ and daemons/ to dist/; types are checked by `npm run check`.
import {spawnSync} from 'node:child_process';
import crypto from 'node:crypto';
import {existsSync} from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';

/** Files that are started or looked up by their path; everything else is in chunks that they share. */
const isEntry = file =>
	/^(?:source\/command-line\/front\.ts|source\/bin\/.+\.ts|source\/commands\/.+\.tsx?|daemons\/[^/]+\/main\.ts)$/.test(
		file,
	);

const files = await Promise.all(
	['source', 'daemons'].map(async folder =>
		(await fs.readdir(folder, {recursive: true})).map(file => path.posix.join(folder, file)),
	),
);

const options = {
	bundle: true,
	platform: 'node',
	target: 'node20',
	jsx: 'automatic',
	// Loaded from node_modules: the native one, and what Ink asks for only while it is developed. The rest comes along in
	// the bundle, where unused parts fall away: a command starts twice as fast as from its hundreds of files.
	external: ['sqlite3', 'react-devtools-core'],
	define: {'process.env.NODE_ENV': '"production"'},
	// By itself Ink draws nothing until the end where CI is set, on a terminal too; we ask whether it is one.
	alias: {'is-in-ci': './source/terminal/not-in-ci.ts'},
	minifyWhitespace: true,
	minifySyntax: true,
	sourcemap: 'linked',
	sourcesContent: false,
};

/** CommonJS packages in a bundle of modules expect these. */
const commonJsNames = [
	"import {createRequire as golemCreateRequire} from 'node:module';",
	"import {fileURLToPath as golemFileUrlToPath} from 'node:url';",
	'const require = golemCreateRequire(import.meta.url);',
	'const __filename = golemFileUrlToPath(import.meta.url);',
	"const __dirname = golemFileUrlToPath(new URL('.', import.meta.url));",
].join('');

/** Scripts have none. */
const importMetaInScripts = {
	define: {...options.define, 'import.meta': 'golemImportMeta'},
	banner: {js: "const golemImportMeta={url:require('node:url').pathToFileURL(__filename).href};"},
};

/** Large packages that few commands need: each is a script of its own, and loaded where it is imported. */
const apart = {
	execa: 'execa',
	got: 'got',
	meow: 'meow',
	secp256k1: '@noble/curves/secp256k1.js',
};

/** Loaded at the first call of one of their functions: most commands make none, and some of these take 20 ms to load. */
const late = {
	'node:crypto': Object.keys(crypto).filter(name => /^[a-z]/.test(name)),
	'string-width': ['default'],
};

const anyOf = names => new RegExp(`^(?:${names.join('|')})$`);
const loadOnlyWhatIsNeeded = {
	name: 'load-only-what-is-needed',
	setup({onResolve, onLoad}) {
		onResolve({filter: anyOf(Object.values(apart))}, ({path: name, kind, namespace}) => {
			const [script] = Object.entries(apart).find(([, imported]) => imported === name) ?? [];
			const found =
				namespace === 'apart' ? {path: `./${script}.cjs`, external: true} : {path: name, namespace: 'apart'};
			return kind === 'entry-point' ? undefined : found;
		});
		// Named so, its `default` is the package's own; else all of the script would be taken for it.
		onLoad({filter: /./, namespace: 'apart'}, ({path: name}) => ({
			contents: `export * from '${name}'; export {default} from '${name}';`,
		}));
		onResolve({filter: anyOf(Object.keys(late))}, ({path: name, kind, importer}) =>
			kind === 'import-statement' && !importer.includes('node_modules')
				? {path: name, namespace: 'late'}
				: undefined,
		);
		onLoad({filter: /./, namespace: 'late'}, ({path: name}) => ({
			resolveDir: process.cwd(),
			contents: late[name]
				.map(
					it => `const ${it}_ = (...given) => require('${name}').${it}(...given); export {${it}_ as ${it}};`,
				)
				.join('\n'),
		}));
		// What draws is never asked for here.
		onResolve({filter: /^\..*\.js$/}, ({path: name, kind, resolveDir}) => {
			const isDrawing = existsSync(path.join(resolveDir, name.replace(/\.js$/, '.tsx')));
			return kind === 'dynamic-import' && isDrawing ? {path: name, external: true} : undefined;
		});
	},
};

await fs.rm('dist', {recursive: true, force: true});
await build({
	...options,
	entryPoints: files.flat().filter(isEntry),
	outdir: 'dist',
	outbase: '.',
	splitting: true,
	chunkNames: 'chunks/[name]-[hash]',
	format: 'esm',
	banner: {js: commonJsNames},
});

// The command line once more, as scripts: what V8 compiles of a script can be kept, and of a module not.
await build({
	...options,
	entryPoints: {'script-front': 'source/start-up/script-front.ts', ...apart},
	outdir: 'dist/source/start-up',
	outExtension: {'.js': '.cjs'},
	format: 'cjs',
	// A script cannot wait for a module, and what draws is never asked for here.
	external: [...options.external, 'ink', 'react', 'pastel', '@inkjs/ui'],
	plugins: [loadOnlyWhatIsNeeded],
	...importMetaInScripts,
	supported: {'dynamic-import': false},
});
// A start waits for it first, and Node takes 3 ms more until it runs a module.
await build({
	...options,
	entryPoints: ['source/cli.ts'],
	outfile: 'dist/source/cli.cjs',
	format: 'cjs',
	...importMetaInScripts,
	external: ['./command-line/front.js'],
});
await build({
	...options,
	entryPoints: ['source/start-up/warm-up.ts'],
	outdir: 'dist/source/start-up',
	format: 'esm',
});
// All works without, only slower.
spawnSync(process.execPath, ['dist/source/start-up/warm-up.js'], {stdio: 'inherit'});

// npx knows the bin of a checkout for good by the name that it had when it was first run there.
await fs.writeFile('dist/source/cli.js', "#!/usr/bin/env node\nimport './cli.cjs';\n");
// npm sets this for installed bins; a checkout runs them as they are.
await Promise.all(['cli.cjs', 'cli.js'].map(file => fs.chmod(`dist/source/${file}`, 0o755)));
