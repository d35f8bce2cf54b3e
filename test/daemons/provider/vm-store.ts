import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import type {VmRecord} from '../../../daemons/provider/vm-record.js';
import {openVmStore} from '../../../daemons/provider/vm-store.js';
import {readFileIfThere} from '../../../source/platform/files.js';
import {createTestLog} from '../../support/log.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';
import {vmRecord} from './_records.js';
import {damages} from './_store-damage.js';

type Home = {file: string; vmsFolder: string; copyOf(id: string): string};

async function createHome(t: ExecutionContext): Promise<Home> {
	const folder = await temporaryFolder(t);
	const vmsFolder = path.join(folder, 'vms');
	await fs.mkdir(vmsFolder);
	return {
		file: path.join(folder, 'provider.db'),
		vmsFolder,
		copyOf: id => path.join(vmsFolder, id, 'record.json'),
	};
}

async function open({file, vmsFolder}: Home) {
	const {log, entries} = createTestLog();
	return {...(await openVmStore({file, vmsFolder, log})), entries};
}

/** What is stored, as the next start finds it. */
async function readAgain(home: Home): Promise<VmRecord[]> {
	const {store, records} = await open(home);
	await store.close();
	return sorted(records);
}

/** A store with many VMs that each have their folder, all of it in the one file. */
async function fill(home: Home, count: number): Promise<VmRecord[]> {
	const records = Array.from({length: count}, () =>
		vmRecord({name: 'a name that takes some room '.repeat(8)}),
	);
	const {store} = await open(home);
	for (const record of records) {
		await fs.mkdir(path.join(home.vmsFolder, record.id));
		await store.set(record);
	}

	await store.close();
	return sorted(records);
}

const sorted = (records: readonly VmRecord[]) => [...records].sort((a, b) => a.id.localeCompare(b.id));

/** Every file below a folder with its content. */
async function snapshot(folder: string): Promise<Array<[string, string]>> {
	const entries = await fs.readdir(folder, {recursive: true, withFileTypes: true});
	const files = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
	return Promise.all(
		files.sort().map(async (file): Promise<[string, string]> => [file, await fs.readFile(file, 'latin1')]),
	);
}

test('what was written is there at the next opening, and what was deleted is not', async t => {
	const home = await createHome(t);
	const [kept, changed, deleted] = [vmRecord(), vmRecord(), vmRecord()];
	const {store, records} = await open(home);
	t.deepEqual(records, []);
	for (const record of [kept, changed, deleted]) {
		await store.set(record);
	}

	await store.set({...changed, status: 'stopped'});
	await store.delete(deleted.id);
	await store.close();
	t.deepEqual(await readAgain(home), sorted([kept, {...changed, status: 'stopped'}]));
});

test('each record lies in its VM’s folder too, for its owner alone, and changes with the other', async t => {
	const home = await createHome(t);
	const record = vmRecord();
	await fs.mkdir(path.join(home.vmsFolder, record.id));
	const {store} = await open(home);
	for (const status of ['creating', 'running'] as const) {
		await store.set({...record, status});
		t.deepEqual(JSON.parse(await fs.readFile(home.copyOf(record.id), 'utf8')), {...record, status});
	}

	t.is(await modeOf(home.copyOf(record.id)), '600');
	await store.close();
});

test('a VM without a folder is stored, and gets no folder by that', async t => {
	const home = await createHome(t);
	const record = vmRecord();
	const {store} = await open(home);
	await store.set(record);
	await store.close();
	t.deepEqual(await fs.readdir(home.vmsFolder), []);
	t.deepEqual(await readAgain(home), [record]);
});

test('changes are made in the order they were asked for, the end included', async t => {
	const home = await createHome(t);
	const [record, other] = [vmRecord(), vmRecord()];
	await fs.mkdir(path.join(home.vmsFolder, record.id));
	const {store} = await open(home);
	const done: number[] = [];
	const changes = Array.from({length: 30}, (_, number) =>
		store.set({...record, name: `name-${number}`}).then(() => done.push(number)),
	);
	changes.push(
		store.set(other).then(() => done.push(30)),
		store.delete(other.id).then(() => done.push(31)),
		store.close().then(() => done.push(32)),
	);
	await Promise.all(changes);
	t.deepEqual(
		done,
		Array.from({length: 33}, (_, number) => number),
	);
	const last = {...record, name: 'name-29'};
	t.deepEqual(JSON.parse(await fs.readFile(home.copyOf(record.id), 'utf8')), last);
	t.deepEqual(await readAgain(home), [last]);
});

test('a change that cannot be written is told, and keeps nobody from the next', async t => {
	const home = await createHome(t);
	const [record, other] = [vmRecord(), vmRecord()];
	// A folder in its place cannot be written over.
	await fs.mkdir(home.copyOf(record.id), {recursive: true});
	const error = await t.throwsAsync(open(home), {code: 'STORE_DAMAGED'});
	t.true(error.message.includes(home.copyOf(record.id)));
	await fs.rm(home.copyOf(record.id), {recursive: true});
	const {store} = await open(home);
	await fs.mkdir(home.copyOf(record.id));
	const refused = store.set(record);
	const stored = store.set(other);
	await t.throwsAsync(refused, {code: 'EISDIR'});
	await stored;
	await store.close();
	await fs.rm(home.copyOf(record.id), {recursive: true});
	t.deepEqual(await readAgain(home), [other]);
});

for (const {title, damage} of damages) {
	test(`a store ${title} is set aside as it is, and made anew from the VMs’ folders`, async t => {
		const home = await createHome(t);
		const before = await fill(home, 60);
		await damage(home.file, before[30]?.id ?? '');
		const damaged = await fs.readFile(home.file);

		const {store, records, entries} = await open(home);
		t.deepEqual(sorted(records), before);
		const aside = (await fs.readdir(path.dirname(home.file))).find(name =>
			/^provider\.db\.damaged-[\dTZ-]+$/.test(name),
		);
		const kept = path.join(path.dirname(home.file), aside ?? '');
		t.deepEqual(await fs.readFile(kept), damaged);
		t.like(entries, [{level: 50, kept_as: kept}]);
		const told = entries[0]?.['vms'];
		t.deepEqual(Array.isArray(told) ? told.toSorted() : told, before.map(({id}) => id).sort());

		// The new one is as good as any.
		const added = vmRecord();
		await store.set(added);
		await store.close();
		t.deepEqual(await readAgain(home), sorted([...before, added]));
	});
}

test('a folder without a copy is of a VM that was never promised, and left out', async t => {
	const home = await createHome(t);
	const before = await fill(home, 2);
	const unfinished = path.join(home.vmsFolder, 'golem-vm-unfinished');
	await fs.mkdir(unfinished);
	await fs.writeFile(path.join(unfinished, 'disk.qcow2'), 'half a disk');
	await fs.writeFile(home.file, 'no database\n'.repeat(400));
	t.deepEqual(await readAgain(home), before);
	t.is(await readFileIfThere(path.join(unfinished, 'disk.qcow2')), 'half a disk');
});

for (const [title, content] of [
	['is cut off', '{"id": "golem-vm-'],
	['is of another shape', '{"id": "golem-vm-1"}'],
	['is empty', ''],
] as const) {
	test(`where a copy ${title}, a damaged store stays as it is, and both are named`, async t => {
		const home = await createHome(t);
		const [first] = await fill(home, 3);
		const copy = home.copyOf(first?.id ?? '');
		await fs.writeFile(copy, content);
		await fs.writeFile(home.file, 'no database\n'.repeat(400));
		const before = await snapshot(path.dirname(home.file));

		const error = await t.throwsAsync(open(home), {code: 'STORE_DAMAGED'});
		t.true(error.message.includes(home.file), error.message);
		t.true(error.message.includes(copy), error.message);
		t.deepEqual(await snapshot(path.dirname(home.file)), before);
	});
}

test('a copy that cannot be read is nobody’s concern while the store is whole', async t => {
	const home = await createHome(t);
	const before = await fill(home, 3);
	await fs.writeFile(home.copyOf(before[1]?.id ?? ''), 'nonsense');
	t.deepEqual(await readAgain(home), before);
});

for (const [title, lose] of [
	['was emptied', (file: string) => fs.truncate(file)],
	['is gone', (file: string) => fs.rm(file)],
] as const) {
	test(`where the store ${title}, every VM is put back from its folder, and told`, async t => {
		const home = await createHome(t);
		const before = await fill(home, 3);
		await lose(home.file);
		const {store, records, entries} = await open(home);
		await store.close();
		t.deepEqual(sorted(records), before);
		t.like(entries, [{level: 40}]);
		t.regex(String(entries[0]?.['msg']), /put back/);
		t.deepEqual(await readAgain(home), before);
	});
}

test('files that are no VM’s folder are no concern of the store', async t => {
	const home = await createHome(t);
	const before = await fill(home, 2);
	await fs.writeFile(path.join(home.vmsFolder, 'notes.txt'), 'mine');
	await fs.writeFile(home.file, 'no database\n'.repeat(400));
	t.deepEqual(await readAgain(home), before);
});

test('a VM that is in neither of them as it was is told, and nothing is changed', async t => {
	const home = await createHome(t);
	const [first] = await fill(home, 2);
	await fs.writeFile(home.copyOf(first?.id ?? ''), 'nonsense');
	await fs.rm(home.file);
	const error = await t.throwsAsync(open(home), {code: 'STORE_DAMAGED'});
	t.true(error.message.includes(home.copyOf(first?.id ?? '')), error.message);
});

test('a store that cannot be opened at all is not taken for a damaged one', async t => {
	const home = await createHome(t);
	await fs.mkdir(home.file);
	await t.throwsAsync(open(home), {code: 'STORE_UNAVAILABLE'});
	t.deepEqual(await fs.readdir(path.dirname(home.file)), ['provider.db', 'vms']);
});
