import fs from 'node:fs/promises';
import path from 'node:path';
import {isErrno, readFileIfThere, writeFileAtomically} from '../../source/platform/files.js';
import {GolemError} from '../../source/platform/golem-error.js';
import {parseJson} from '../../source/platform/json.js';
import type {Log} from '../../source/platform/log.js';
import {openStore, type Store} from '../../source/platform/store.js';
import {createSerialQueue} from '../../source/platform/waiting.js';
import {type VmRecord, vmRecordSchema} from './vm-record.js';

/** The VMs on disk. Changes are written in the order they were asked for. */
export type VmStore = {
	set(record: VmRecord): Promise<void>;
	delete(id: string): Promise<void>;
	close(): Promise<void>;
};

export type VmStoreOptions = {file: string; vmsFolder: string; log: Log};

export type OpenedVmStore = {store: VmStore; records: VmRecord[]};

/** In each VM's own folder: its record once more. */
const copyName = 'record.json';

/**
Opens the store of VMs. Each record also lies in its VM's folder, next to the disk it is about. A VM that has a folder with
a record is a VM, whatever became of the store: one that turns out to be damaged is set aside, and what a store does not
know is put back.
@throws STORE_DAMAGED where a record is neither in the store nor readable in its folder; nothing has been changed then
*/
export async function openVmStore(options: VmStoreOptions): Promise<OpenedVmStore> {
	const {vmsFolder, log} = options;
	const {store, records, damage} = await openOrReplace(options);
	const lost = await readCopies(vmsFolder, new Set(records.map(({id}) => id)), damage?.error);
	for (const record of lost) {
		await store.set(record.id, record);
	}

	const vms = lost.map(({id}) => id);
	if (damage) {
		log.error(
			{err: damage.error, kept_as: damage.keptAs, vms},
			'the store of VMs was damaged; it was made anew from the VMs’ own folders',
		);
	} else if (lost.length > 0) {
		log.warn({vms}, 'the store did not know these VMs; they were put back from their own folders');
	}

	const inTurn = createSerialQueue();
	return {
		records: [...records, ...lost],
		store: {
			set: record =>
				inTurn(async () => {
					await writeCopy(vmsFolder, record);
					await store.set(record.id, record);
				}),
			delete: id =>
				inTurn(async () => {
					await store.delete(id);
				}),
			close: () => inTurn(() => store.close()),
		},
	};
}

type ReadStore = {store: Store<VmRecord>; records: VmRecord[]};

async function openOrReplace({
	file,
	vmsFolder,
}: VmStoreOptions): Promise<ReadStore & {damage?: {error: GolemError; keptAs: string}}> {
	try {
		return await readStore(file);
	} catch (error) {
		if (!(error instanceof GolemError) || error.code !== 'STORE_DAMAGED') {
			throw error;
		}

		// Looked at before anything is moved: where they cannot replace it, it stays.
		await readCopies(vmsFolder, new Set(), error);
		const keptAs = await setAside(file);
		return {...(await readStore(file)), damage: {error, keptAs}};
	}
}

async function readStore(file: string): Promise<ReadStore> {
	const store = await openStore({file, schema: vmRecordSchema, durability: 'full'});
	try {
		return {store, records: (await store.entries()).map(([, record]) => record)};
	} catch (error) {
		await store.close();
		throw error;
	}
}

async function setAside(file: string): Promise<string> {
	const aside = `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
	for (const ending of ['', '-wal', '-shm']) {
		await fs.rename(`${file}${ending}`, `${aside}${ending}`).catch((error: unknown) => {
			if (!isErrno(error, 'ENOENT')) {
				throw error;
			}
		});
	}

	return aside;
}

/** The records in the VMs' folders, but for those that are known. */
async function readCopies(
	vmsFolder: string,
	known: ReadonlySet<string>,
	damage: GolemError | undefined,
): Promise<VmRecord[]> {
	const folders = (await fs.readdir(vmsFolder, {withFileTypes: true})).filter(entry => entry.isDirectory());
	const found: VmRecord[] = [];
	for (const {name} of folders.filter(folder => !known.has(folder.name))) {
		const file = path.join(vmsFolder, name, copyName);
		// What cannot be read is no record, whatever the reason.
		const text = await readFileIfThere(file).catch(() => '');
		// A creation that was cut short before it was promised to anybody has none.
		if (text === undefined) {
			continue;
		}

		const parsed = vmRecordSchema.safeParse(parseJson(text));
		if (!parsed.success) {
			const before = damage?.message ?? `The store does not know the VM ${name}.`;
			throw new GolemError('STORE_DAMAGED', `${before} Nor can ${file} be read, which would replace it.`, {
				hint: 'If that VM is lost anyway, move its folder away; then start the provider again.',
				cause: damage ?? parsed.error,
			});
		}

		found.push(parsed.data);
	}

	return found;
}

async function writeCopy(vmsFolder: string, record: VmRecord): Promise<void> {
	try {
		await writeFileAtomically(path.join(vmsFolder, record.id, copyName), JSON.stringify(record, null, '\t'));
	} catch (error) {
		// Without a folder there is no disk that the copy could be about.
		if (!isErrno(error, 'ENOENT')) {
			throw error;
		}
	}
}
