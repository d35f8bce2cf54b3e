// Compiles source/ and daemons/ to dist/; types are checked by `npm run check`.
import fs from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';

/** Files that are started or looked up by their path; everything else is in chunks that they share. */
const isEntry = file =>
	/^(?:source\/cli\.ts|source\/bin\/.+\.ts|source\/commands\/.+\.tsx?|daemons\/[^/]+\/main\.ts)$/.test(file);

const files = await Promise.all(
	['source', 'daemons'].map(async folder =>
		(await fs.readdir(folder, {recursive: true})).map(file => path.posix.join(folder, file)),
	),
);

/**
Loaded from node_modules: the native one, and what is only needed where something is drawn. The rest comes along in the
bundle, where unused parts fall away: a command starts twice as fast as from its hundreds of files.
*/
const external = ['sqlite3', 'ink', 'react', 'pastel', '@inkjs/ui'];

/** CommonJS packages in a bundle of modules expect these. */
const commonJsNames = [
	"import {createRequire as golemCreateRequire} from 'node:module';",
	"import {fileURLToPath as golemFileUrlToPath} from 'node:url';",
	'const require = golemCreateRequire(import.meta.url);',
	'const __filename = golemFileUrlToPath(import.meta.url);',
	"const __dirname = golemFileUrlToPath(new URL('.', import.meta.url));",
].join('');

await fs.rm('dist', {recursive: true, force: true});
await build({
	entryPoints: files.flat().filter(isEntry),
	outdir: 'dist',
	outbase: '.',
	bundle: true,
	splitting: true,
	chunkNames: 'chunks/[name]-[hash]',
	format: 'esm',
	platform: 'node',
	target: 'node20',
	jsx: 'automatic',
	external,
	banner: {js: commonJsNames},
	minifyWhitespace: true,
	minifySyntax: true,
	sourcemap: 'linked',
	sourcesContent: false,
});
// npm sets this for installed bins; a checkout runs them as they are.
await fs.chmod('dist/source/cli.js', 0o755);
