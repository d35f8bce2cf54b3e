import fs from 'node:fs/promises';
import path from 'node:path';
import {isErrno, readFileIfThere, writeFileAtomically} from '../../source/platform/files.js';
import {GolemError} from '../../source/platform/golem-error.js';
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

export type OpenedVmStore = {store: VmStore; records: VmRecord[]};

/** In each VM's own folder: its record once more. */
const copyName = 'record.json';

/**
Opens the store of VMs. Each record also lies in its VM's folder, next to the disk it is about; a store that turns out to be
damaged is set aside and made anew from these.
@throws STORE_DAMAGED where that is not possible either; nothing has been changed then
*/
export async function openVmStore({
	file,
	vmsFolder,
	log,
}: {
	file: string;
	vmsFolder: string;
	log: Log;
}): Promise<OpenedVmStore> {
	const opened = await readStore(file).catch(async (error: unknown) => {
		if (error instanceof GolemError && error.code === 'STORE_DAMAGED') {
			return rebuild({file, vmsFolder, log, damage: error});
		}

		throw error;
	});
	const inTurn = createSerialQueue();
	return {
		records: opened.records,
		store: {
			set: record =>
				inTurn(async () => {
					await writeCopy(vmsFolder, record);
					await opened.store.set(record.id, record);
				}),
			delete: id =>
				inTurn(async () => {
					await opened.store.delete(id);
				}),
			close: () => inTurn(() => opened.store.close()),
		},
	};
}

async function readStore(file: string): Promise<{store: Store<VmRecord>; records: VmRecord[]}> {
	const store = await openStore({file, schema: vmRecordSchema, durability: 'full'});
	try {
		return {store, records: (await store.entries()).map(([, record]) => record)};
	} catch (error) {
		await store.close();
		throw error;
	}
}

async function rebuild({
	file,
	vmsFolder,
	log,
	damage,
}: {
	file: string;
	vmsFolder: string;
	log: Log;
	damage: GolemError;
}) {
	const records = await readCopies(vmsFolder, damage);
	const aside = `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
	for (const ending of ['', '-wal', '-shm']) {
		await fs.rename(`${file}${ending}`, `${aside}${ending}`).catch((error: unknown) => {
			if (!isErrno(error, 'ENOENT')) {
				throw error;
			}
		});
	}

	const {store} = await readStore(file);
	for (const record of records) {
		await store.set(record.id, record);
	}

	log.error(
		{err: damage, kept_as: aside, vms: records.map(({id}) => id)},
		'the store of VMs was damaged; it was made anew from the VMs’ own folders',
	);
	return {store, records};
}

async function readCopies(vmsFolder: string, damage: GolemError): Promise<VmRecord[]> {
	const found: VmRecord[] = [];
	for (const vmId of await fs.readdir(vmsFolder)) {
		const file = path.join(vmsFolder, vmId, copyName);
		const text = await readFileIfThere(file);
		// A creation that was cut short before it was promised to anybody has none.
		if (text === undefined) {
			continue;
		}

		const parsed = vmRecordSchema.safeParse(parseJson(text));
		if (!parsed.success) {
			throw new GolemError(
				'STORE_DAMAGED',
				`${damage.message} Nor can ${file} be read, which would replace it.`,
				{
					hint: `If that VM is lost anyway, move its folder away; then start the provider again.`,
					cause: damage,
				},
			);
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

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
