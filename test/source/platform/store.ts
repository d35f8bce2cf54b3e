import fs from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import sqlite3 from 'sqlite3';
import * as z from 'zod';
import {openStore} from '../../../source/platform/store.js';
import {startChild, supportProcess} from '../../support/child-process.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const numbered = z.object({number: z.number()});

/** Asks the file itself, past the store. */
async function query(file: string, sql: string): Promise<Array<Record<string, unknown>>> {
	const database = new sqlite3.Database(file);
	try {
		return await new Promise((resolve, reject) => {
			database.all(sql, (error, rows) =>
				error ? reject(error) : resolve(rows as Array<Record<string, unknown>>),
			);
		});
	} finally {
		await new Promise<void>(resolve => {
			database.close(() => resolve());
		});
	}
}

test('what was set is there, what was deleted is not, and a new opening finds the same', async t => {
	const file = path.join(await temporaryFolder(t), 'deep', 'values.db');
	const store = await openStore({file, schema: numbered, durability: 'full'});
	await store.set('a', {number: 1});
	await store.set('b', {number: 2});
	await store.set('a', {number: 3});
	t.true(await store.delete('b'));
	t.false(await store.delete('b'));
	t.is(await store.get('b'), undefined);
	await store.close();

	const again = await openStore({file, schema: numbered, durability: 'full'});
	t.deepEqual(await again.get('a'), {number: 3});
	t.deepEqual(await again.entries(), [['a', {number: 3}]]);
	await again.close();
});

for (const durability of ['full', 'normal'] as const) {
	test(`with durability ${durability}, what was set survives a kill -9 the moment after`, async t => {
		const file = path.join(await temporaryFolder(t), 'values.db');
		const writer = startChild(t, supportProcess('write-store'), {args: [file, durability]});
		await writer.printed('written');
		await writer.kill();

		const store = await openStore({file, schema: numbered, durability});
		const entries = await store.entries();
		await store.close();
		t.deepEqual(
			entries.map(([, {number}]) => number).sort((a, b) => a - b),
			Array.from({length: 20}, (_, number) => number),
		);
	});
}

test('the journal is a write-ahead log, so that readers and a writer do not block each other', async t => {
	const file = path.join(await temporaryFolder(t), 'values.db');
	const store = await openStore({file, schema: numbered, durability: 'normal'});
	await store.set('a', {number: 1});
	t.deepEqual(await query(file, 'PRAGMA journal_mode'), [{journal_mode: 'wal'}]);
	await store.close();
});

test('two openings of the same file see each other’s values', async t => {
	const file = path.join(await temporaryFolder(t), 'values.db');
	const [one, other] = await Promise.all(
		[1, 2].map(async () => openStore({file, schema: numbered, durability: 'normal'})),
	);
	await Promise.all(
		Array.from({length: 20}, async (_, number) =>
			(number % 2 === 0 ? one : other)?.set(`key-${number}`, {number}),
		),
	);
	t.is((await one?.entries())?.length, 20);
	t.is((await other?.entries())?.length, 20);
	await Promise.all([one?.close(), other?.close()]);
});

test('a value that does not fit its schema is told, not handed out', async t => {
	const file = path.join(await temporaryFolder(t), 'values.db');
	const older = await openStore({file, schema: z.object({text: z.string()}), durability: 'normal'});
	await older.set('a', {text: 'from another version'});
	await older.close();

	const store = await openStore({file, schema: numbered, durability: 'normal'});
	const error = await t.throwsAsync(store.get('a'), {code: 'STORE_DAMAGED'});
	t.true(error?.message.includes(file));
	t.true(error?.message.includes(' a '));
	await t.throwsAsync(store.entries(), {code: 'STORE_DAMAGED'});
	await store.close();
});

test('a file that is no database is told with its path, and left as it is', async t => {
	const file = path.join(await temporaryFolder(t), 'values.db');
	const content = 'this is a letter to a friend, and long enough to have a header\n'.repeat(20);
	await fs.writeFile(file, content);
	const error = await t.throwsAsync(openStore({file, schema: numbered, durability: 'normal'}), {
		code: 'STORE_DAMAGED',
	});
	t.true(error?.message.includes(file));
	t.is(await fs.readFile(file, 'utf8'), content);
});

test('any key and any JSON value come back as they went in', async t => {
	const file = path.join(await temporaryFolder(t), 'values.db');
	const store = await openStore<unknown>({file, schema: z.unknown(), durability: 'normal'});
	await fc.assert(
		fc.asyncProperty(
			fc.string({unit: 'grapheme', minLength: 1, maxLength: 60}),
			fc.jsonValue().filter(value => value !== null),
			async (key, value) => {
				await store.set(key, value);
				// What JSON has no word for, such as -0, is what JSON makes of it.
				t.deepEqual(await store.get(key), JSON.parse(JSON.stringify(value)));
				t.true((await store.entries()).some(([entry]) => entry === key));
				t.true(await store.delete(key));
			},
		),
		{numRuns: 50},
	);
	await store.close();
});

test('more entries than one page of the database’s iteration are all there', async t => {
	const file = path.join(await temporaryFolder(t), 'values.db');
	const store = await openStore({file, schema: numbered, durability: 'normal'});
	await query(
		file,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2499)
		INSERT INTO keyv (key, value) SELECT 'keyv:' || i, '{"value":{"number":' || i || '}}' FROM n`,
	);
	const entries = await store.entries();
	await store.close();
	t.is(new Set(entries.map(([key]) => key)).size, 2500);
});
