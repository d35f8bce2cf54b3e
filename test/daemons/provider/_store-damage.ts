import fs from 'node:fs/promises';
import sqlite3 from 'sqlite3';

/** Where SQLite's file says how large its pages are. */
const pageSizeAt = 16;
/** The header of a page that holds rows. */
const pageHeaderBytes = 8;
const rowCountAt = 3;

/** Flips the bits of the header of the page that holds that VM's record: one in the middle where there are many. */
async function damagePageOf(file: string, vmId: string): Promise<void> {
	const content = await fs.readFile(file);
	const pageSize = content.readUInt16BE(pageSizeAt);
	// As a value; as a key the id is in the index too.
	const at = content.indexOf(`"id":"${vmId}"`);
	const start = Math.floor(at / pageSize) * pageSize;
	if (at < 0 || start === 0 || start + pageSize === content.length) {
		throw new Error(`${vmId} is in no page in the middle of ${file}.`);
	}

	for (let index = start; index < start + pageHeaderBytes; index++) {
		content.writeUInt8(content.readUInt8(index) ^ 0xff, index);
	}

	await fs.writeFile(file, content);
}

/** Says of a page with rows that it has one of them: what is on it otherwise is whole, and unseen. */
async function hideRowsOfPageOf(file: string, vmId: string): Promise<void> {
	const content = await fs.readFile(file);
	const pageSize = content.readUInt16BE(pageSizeAt);
	const start = Math.floor(content.indexOf(`"id":"${vmId}"`) / pageSize) * pageSize;
	content.writeUInt16BE(1, start + rowCountAt);
	await fs.writeFile(file, content);
}

/** Puts a text in the place of a VM's record, past the store. */
async function overwriteValue(file: string, vmId: string, value: string): Promise<void> {
	const database = new sqlite3.Database(file);
	await new Promise<void>((resolve, reject) => {
		database.run('UPDATE keyv SET value = ? WHERE key LIKE ?', [value, `%${vmId}`], error =>
			error ? reject(error) : resolve(),
		);
	});
	await new Promise<void>((resolve, reject) => {
		database.close(error => (error ? reject(error) : resolve()));
	});
}

/** What can become of a store's file. */
export const damages: ReadonlyArray<{title: string; damage: (file: string, vmId: string) => Promise<void>}> =
	[
		{
			title: 'overwritten with something else',
			damage: file => fs.writeFile(file, 'this is a letter to a friend, and no database\n'.repeat(200)),
		},
		{
			title: 'of which the beginning was lost',
			async damage(file) {
				const content = await fs.readFile(file);
				await fs.writeFile(file, content.fill(0, 0, 100));
			},
		},
		{
			title: 'that was cut off',
			async damage(file) {
				await fs.truncate(file, Math.floor((await fs.stat(file)).size / 2));
			},
		},
		{title: 'with a damaged page in the middle', damage: damagePageOf},
		{title: 'with a page that hides its rows', damage: hideRowsOfPageOf},
		{
			title: 'with a record that is nothing',
			damage: (file, vmId) => overwriteValue(file, vmId, 'null'),
		},
		{
			title: 'with a record that is no JSON',
			damage: (file, vmId) => overwriteValue(file, vmId, '{"value": {"id": "golem'),
		},
		{
			title: 'with a record of another shape',
			damage: (file, vmId) => overwriteValue(file, vmId, '{"value": {"id": 7}}'),
		},
	];
