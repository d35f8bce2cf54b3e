import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {isInstalled} from '../../../source/setup/requirements.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

test('a program counts where the user’s PATH has it, and where only root’s has it', async t => {
	const folder = await temporaryFolder(t);
	await fs.writeFile(path.join(folder, 'golem-test-program'), '', {mode: 0o755});
	t.true(await isInstalled('golem-test-program', {PATH: folder}));
	t.false(await isInstalled('golem-test-program', {PATH: '/nowhere'}));
	t.true(await isInstalled('mke2fs', {PATH: '/nowhere'}));
});

test('what npx puts on the PATH is none of the system’s programs', async t => {
	const folder = path.join(await temporaryFolder(t), 'node_modules', '.bin');
	await fs.mkdir(folder, {recursive: true});
	await fs.writeFile(path.join(folder, 'golem-test-program'), '', {mode: 0o755});
	t.false(await isInstalled('golem-test-program', {PATH: folder}));
});
