import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {
	ensurePrivateFolder,
	fileExists,
	isErrno,
	openToAppend,
	readFileIfThere,
	writeFileAtomically,
} from '../../../source/platform/files.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';

test('a private folder and all that leads to it is its owner’s only; making it again changes nothing', async t => {
	const home = path.join(await temporaryFolder(t), 'a');
	const folder = path.join(home, 'b', 'c');
	t.is(await ensurePrivateFolder(folder), folder);
	t.deepEqual(await Promise.all([home, path.dirname(folder), folder].map(modeOf)), ['700', '700', '700']);
	await fs.writeFile(path.join(folder, 'kept'), '');
	await ensurePrivateFolder(folder);
	t.true(await fileExists(path.join(folder, 'kept')));
});

test('where no folder can be made, that is told instead of being tried for ever', async t => {
	await t.throwsAsync(ensurePrivateFolder('/proc/golem/deep/down'), {code: 'ENOENT'});
	const file = path.join(await temporaryFolder(t), 'file');
	await fs.writeFile(file, '');
	await t.throwsAsync(ensurePrivateFolder(path.join(file, 'below')), {code: 'ENOTDIR'});
	await t.throwsAsync(ensurePrivateFolder(file), {code: 'EEXIST'});
});

test('a file is written with its content and mode, over an old one too', async t => {
	const file = path.join(await temporaryFolder(t), 'spec.json');
	await writeFileAtomically(file, 'old and longer than the new');
	await writeFileAtomically(file, 'new');
	t.is(await fs.readFile(file, 'utf8'), 'new');
	t.is(await modeOf(file), '600');
	await writeFileAtomically(file, Uint8Array.from([1, 2]), {mode: 0o400});
	t.deepEqual([...(await fs.readFile(file))], [1, 2]);
	t.is(await modeOf(file), '400');
});

test('whoever reads while it is written over and over sees one whole content or another', async t => {
	const file = path.join(await temporaryFolder(t), 'values');
	const contents = ['a', 'b', 'c', 'd'].map(letter => letter.repeat(200_000));
	await writeFileAtomically(file, contents[0] ?? '');
	let isWriting = true;
	const write = async () => {
		for (let round = 0; round < 5; round++) {
			await Promise.all(contents.map(async content => writeFileAtomically(file, content)));
		}

		isWriting = false;
	};
	let reads = 0;
	const read = async () => {
		while (isWriting) {
			const found = await fs.readFile(file, 'utf8');
			reads += 1;
			if (!contents.includes(found)) {
				t.fail(`${found.length} characters, beginning ${found.slice(0, 10)}`);
			}
		}
	};
	await Promise.all([write(), read()]);
	t.true(reads > 3);
	t.deepEqual(await fs.readdir(path.dirname(file)), ['values']);
});

test('a file that cannot be put in its place leaves nothing beside it', async t => {
	const folder = await temporaryFolder(t);
	await fs.mkdir(path.join(folder, 'taken', 'by-a-folder'), {recursive: true});
	await t.throwsAsync(writeFileAtomically(path.join(folder, 'taken'), 'text'));
	t.deepEqual(await fs.readdir(folder), ['taken']);
});

test('a missing file is undefined; any other fault is told', async t => {
	const folder = await temporaryFolder(t);
	t.is(await readFileIfThere(path.join(folder, 'none')), undefined);
	await t.throwsAsync(readFileIfThere(folder), {code: 'EISDIR'});
});

test('a pipe in the place of a file is told, and nobody waits for its other end', async t => {
	const file = path.join(await temporaryFolder(t), 'config.json');
	await promisify(execFile)('mkfifo', [file]);
	await t.throwsAsync(readFileIfThere(file), {code: 'ESPIPE', message: /pipe/});
	await t.throwsAsync(openToAppend(file), {code: 'ENXIO'});
});

test('a system’s error is known by its name', t => {
	const error = Object.assign(new Error('x'), {code: 'ENOENT'});
	t.true(isErrno(error, 'EPERM', 'ENOENT'));
	t.false(isErrno(error, 'EPERM'));
	t.false(isErrno({code: 'ENOENT'}, 'ENOENT'));
	t.false(isErrno(undefined, 'ENOENT'));
});

test('of what fails once a file is open it is told which file it was', async t => {
	const folder = await temporaryFolder(t);
	const error = await t.throwsAsync<NodeJS.ErrnoException>(readFileIfThere(folder), {code: 'EISDIR'});
	t.is(error.path, folder);
});
