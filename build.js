// Compiles source/ and daemons/ to dist/, file by file; types are checked by `npm run check`.
import fs from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';

const files = await Promise.all(
	['source', 'daemons'].map(async folder =>
		(await fs.readdir(folder, {recursive: true})).map(file => path.join(folder, file)),
	),
);

await fs.rm('dist', {recursive: true, force: true});
await build({
	entryPoints: files.flat().filter(file => /\.tsx?$/.test(file)),
	outdir: 'dist',
	outbase: '.',
	format: 'esm',
	platform: 'node',
	target: 'node20',
	jsx: 'automatic',
	sourcemap: 'linked',
	sourcesContent: false,
});
