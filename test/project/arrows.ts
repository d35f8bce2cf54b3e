import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {execa} from 'execa';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What the project's own check says of a file at that place that imports that. */
async function lint(file: string, imported: string) {
	const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'golem-arrows-'));
	try {
		await fs.copyFile(path.join(root, 'biome.json'), path.join(folder, 'biome.json'));
		await fs.mkdir(path.join(folder, path.dirname(file)), {recursive: true});
		await fs.writeFile(
			path.join(folder, file),
			`import {thing} from '${imported}';\n\nexport const other = thing;\n`,
		);
		return await execa(path.join(root, 'node_modules/.bin/biome'), ['lint', '--vcs-enabled=false', file], {
			cwd: folder,
			reject: false,
			all: true,
		});
	} finally {
		await fs.rm(folder, {recursive: true});
	}
}

const forbidden = [
	['source/platform/new-file.ts', '../protocol/vm.js'],
	['source/protocol/new-file.ts', '../client/http-client.js'],
	['source/client/new-file.ts', '../requestor/rent.js'],
	['source/client/new-file.ts', '../../daemons/host/router.js'],
	['source/requestor/new-file.ts', '../command-line/context.js'],
	['source/components/new-file.ts', '../platform/paths.js'],
	['source/terminal/new-file.ts', '../protocol/vm.js'],
	['source/requestor/new-file.ts', '../terminal/terminal.js'],
	['source/commands/new-file.ts', '../../daemons/provider/admission.js'],
	['daemons/discovery/new-file.ts', '../provider/api.js'],
	['daemons/port-checker/new-file.ts', '../images/image.js'],
	['daemons/provider/new-file.ts', '../exe-unit/supervisor.js'],
	['daemons/provider/new-file.ts', '../../source/requestor/rent.js'],
	['daemons/host/new-file.ts', '../discovery/registry.js'],
] as const;

for (const [file, imported] of forbidden) {
	test(`the check refuses ${imported} in ${file}`, async t => {
		const {exitCode, all} = await lint(file, imported);
		t.not(exitCode, 0);
		t.regex(all, /noRestrictedImports/);
	});
}

const allowed = [
	['source/client/new-file.ts', '../protocol/vm.js'],
	['source/commands/new-file.ts', '../requestor/rent.js'],
	['daemons/discovery/new-file.ts', '../host/router.js'],
	['daemons/provider/new-file.ts', '../images/image.js'],
	['daemons/provider/new-file.ts', '../../source/client/http-client.js'],
] as const;

for (const [file, imported] of allowed) {
	test(`the check accepts ${imported} in ${file}`, async t => {
		const {exitCode, all} = await lint(file, imported);
		t.is(exitCode, 0, all);
	});
}
