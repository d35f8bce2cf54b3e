import path from 'node:path';
import KeyvSqlite from '@keyv/sqlite';
import Keyv from 'keyv';
import * as z from 'zod';
import {ensurePrivateFolder, isErrno} from './files.js';
import {GolemError} from './golem-error.js';

/** Durable values of one kind, by key. What comes out has been checked against the schema. */
export type Store<Value> = {
	get(key: string): Promise<Value | undefined>;
	set(key: string, value: Value): Promise<void>;
	delete(key: string): Promise<boolean>;
	entries(): Promise<Array<[key: string, value: Value]>>;
	close(): Promise<void>;
};

export type StoreOptions<Value> = {
	/** The SQLite file; its folder is made if need be. */
	file: string;
	schema: z.ZodType<Value>;
	/** `full` survives a power cut (money, VMs, ports); `normal` survives a kill. */
	durability: 'full' | 'normal';
};

/**
Opens a store: Keyv over SQLite in WAL mode. Several processes may have the same file open.

@keyv/sqlite has no option for the journal or for durability; its `query` is public, so they are set through it.
@throws STORE_DAMAGED where the file is no whole database, or a value in it does not fit the schema; STORE_UNAVAILABLE
where it cannot be opened at all
*/
export async function openStore<Value>({
	file,
	schema,
	durability,
}: StoreOptions<Value>): Promise<Store<Value>> {
	await ensurePrivateFolder(path.dirname(file));
	const adapter = new KeyvSqlite({uri: `sqlite://${file}`, busyTimeout: 5000, iterationLimit: 1000});
	// Every call reports its own failure; the same one as an event would end the process.
	adapter.on('error', () => {});
	try {
		await adapter.query('PRAGMA journal_mode=WAL');
		await adapter.query(`PRAGMA synchronous=${durability === 'full' ? 'FULL' : 'NORMAL'}`);
		if (durability === 'full') {
			await checkIntegrity(adapter);
		}
	} catch (error) {
		// Where it could not even be opened there is nothing to close.
		await adapter.close().catch(() => {});
		if (isDamage(error)) {
			throw new GolemError('STORE_DAMAGED', `${file} is no database, or a damaged one.`, {
				hint: `Move ${file} away to begin with an empty one.`,
				cause: error,
			});
		}

		throw new GolemError('STORE_UNAVAILABLE', `${file} could not be opened: ${describe(error)}.`, {
			hint: 'See that its folder can be written to and that there is room on the disk.',
			cause: error,
		});
	}

	const keyv = new Keyv<unknown>({store: adapter, throwOnErrors: true, emitErrors: false});
	const parse = (key: string, value: unknown) => {
		const parsed = schema.safeParse(value);
		if (!parsed.success) {
			throw new GolemError(
				'STORE_DAMAGED',
				`${file} has a value under ${key} that this version cannot read.`,
				{
					cause: parsed.error,
				},
			);
		}

		return parsed.data;
	};

	return {
		async get(key) {
			const value = await keyv.get(key);
			return value === undefined ? undefined : parse(key, value);
		},
		async set(key, value) {
			await keyv.set(key, value);
		},
		async delete(key) {
			return keyv.delete(key);
		},
		async entries() {
			const found: Array<[string, Value]> = [];
			try {
				for await (const [key, value] of keyv.iterator?.(undefined) ?? []) {
					found.push([key, parse(key, value)]);
				}
			} catch (error) {
				throw isDamage(error)
					? new GolemError('STORE_DAMAGED', `${file} cannot be read to its end.`, {cause: error})
					: error;
			}

			return found;
		},
		async close() {
			await keyv.disconnect();
		},
	};
}

/** A damaged page may well be read without a complaint, and what was on it is not there; SQLite finds it if asked. */
async function checkIntegrity(adapter: KeyvSqlite): Promise<void> {
	const faults = z
		.array(z.object({integrity_check: z.string()}))
		.parse(await adapter.query('PRAGMA integrity_check(3)'))
		.map(({integrity_check}) => integrity_check);
	if (faults.join() !== 'ok') {
		throw new SyntaxError(faults.join('; '));
	}
}

/** What SQLite says of a file that is not, or not any more, what it wrote; a value that is not JSON, or JSON of
another make than Keyv's. */
function isDamage(error: unknown): boolean {
	return (
		isErrno(error, 'SQLITE_CORRUPT', 'SQLITE_NOTADB') ||
		error instanceof SyntaxError ||
		error instanceof TypeError
	);
}

function describe(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
