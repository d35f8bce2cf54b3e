import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {readOrCreateKeyFile} from '../../../source/platform/identity-file.js';
import {createPrivateKey} from '../../../source/protocol/identity.js';
import {startChild, supportProcess} from '../../support/child-process.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';

test('a key is made once, for its owner’s eyes only, and read from then on', async t => {
	const file = path.join(await temporaryFolder(t), 'identity', 'key');
	const key = await readOrCreateKeyFile(file, createPrivateKey);
	t.regex(key, /^[0-9a-f]{64}$/);
	t.is(await modeOf(file), '600');
	t.is(await modeOf(path.dirname(file)), '700');
	t.is(await readOrCreateKeyFile(file, () => t.fail() as never), key);
	t.deepEqual(await fs.readdir(path.dirname(file)), ['key']);
});

test('two processes that make it at the same moment end up with the same key', async t => {
	const folder = await temporaryFolder(t);
	const file = path.join(folder, 'identity', 'key');
	const startAt = String(Date.now() + 2000);
	const makers = [1, 2, 3].map(() => startChild(t, supportProcess('make-identity'), {args: [file, startAt]}));
	const ends = await Promise.all(makers.map(async maker => maker.ended));
	t.deepEqual(
		ends.map(({code}) => code),
		[0, 0, 0],
		makers.map(maker => maker.stderr()).join('\n'),
	);
	const keys = new Set(makers.map(maker => maker.stdout()));
	t.is(keys.size, 1);
	t.is([...keys][0], `key ${(await fs.readFile(file, 'utf8')).trim()}\n`);
	t.deepEqual(await fs.readdir(path.dirname(file)), ['key']);
});

test('two callers of one process that make it at the same moment do so too', async t => {
	const file = path.join(await temporaryFolder(t), 'key');
	const answers = await Promise.allSettled(
		[1, 2].map(async () => readOrCreateKeyFile(file, createPrivateKey)),
	);
	const key = (await fs.readFile(file, 'utf8')).trim();
	t.deepEqual(
		answers,
		[1, 2].map(() => ({status: 'fulfilled', value: key})),
	);
});

test('what a killed process left half-done is no hindrance to one that gets its number', async t => {
	const file = path.join(await temporaryFolder(t), 'key');
	await fs.writeFile(`${file}.${process.pid}`, '12');
	await t.notThrowsAsync(readOrCreateKeyFile(file, createPrivateKey));
});

test('a key may have 0x before it and space around it', async t => {
	const file = path.join(await temporaryFolder(t), 'key');
	await fs.writeFile(file, `  0x${'Ab'.repeat(32)}\r\n`);
	t.is(await readOrCreateKeyFile(file, createPrivateKey), `0x${'Ab'.repeat(32)}`);
});

test('a file without a key is refused by name and not written over', async t => {
	const file = path.join(await temporaryFolder(t), 'key');
	for (const content of ['', 'abc', 'zz'.repeat(32), 'ab'.repeat(33)]) {
		await fs.writeFile(file, content);
		const error = await t.throwsAsync(readOrCreateKeyFile(file, createPrivateKey), {
			code: 'IDENTITY_DAMAGED',
		});
		t.true(error?.message.includes(file));
		t.is(await fs.readFile(file, 'utf8'), content);
	}
});
