import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {isInstalled} from '../../source/setup/requirements.js';
import {typescriptArguments} from '../support/child-process.js';
import {golemProgram} from '../support/golem.js';

/** What the documents name besides golem, and not every machine has. */
const otherPrograms = ['jq', 'curl'] as const;

export type Programs = {
	/** For the PATH. */
	folder: string;
	/** For which of them there is only a stand-in. */
	standIns: ReadonlySet<string>;
	remove(): Promise<void>;
};

/** A folder with the programs that the documents name, for what a test has to bring along. */
export async function makePrograms(): Promise<Programs> {
	const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'golem-programs-'));
	// Another user looks into it as well.
	await fs.chmod(folder, 0o755);
	await fs.symlink(golemProgram, path.join(folder, 'golem'));
	// A test installs nothing.
	await writeProgram(folder, 'apt-get', 'exit 1');
	const standIns = new Set<string>();
	for (const name of otherPrograms) {
		if (!(await isInstalled(name))) {
			const file = fileURLToPath(new URL(`../support/reader-programs/${name}.ts`, import.meta.url));
			await writeProgram(
				folder,
				name,
				`exec '${[process.execPath, ...typescriptArguments, file].join("' '")}' "$@"`,
			);
			standIns.add(name);
		}
	}

	return {folder, standIns, remove: () => fs.rm(folder, {recursive: true, force: true})};
}

const writeProgram = (folder: string, name: string, text: string) =>
	fs.writeFile(path.join(folder, name), `#!/bin/sh\n${text}\n`, {mode: 0o755});
