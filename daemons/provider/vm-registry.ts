import {setTimeout as sleep} from 'node:timers/promises';
import type {Log} from '../../source/platform/log.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {ExeUnitStatus} from '../../source/protocol/exe-unit.js';
import type {VmUsage} from '../../source/protocol/vm.js';
import {createLiveValue, type LiveValue} from '../host/live-value.js';
import type {ExeUnit} from './exe-units.js';
import type {VmRecord} from './vm-record.js';
import type {VmStore} from './vm-store.js';

/** A VM at this moment: what is on disk, how far its start has come, and what it takes, as long as somebody follows that. */
export type VmState = {
	record: VmRecord;
	stage: ExeUnitStatus['stage'];
	usage?: VmUsage | undefined;
};

/** One VM in the provider's memory. */
export type VmEntry = {
	state: LiveValue<VmState>;
	exeUnit: ExeUnit;
	/** What is being done to it now; never two things at a time. */
	action: {name: string; result: Promise<VmRecord>} | undefined;
	/** Settles when what is being written into its folder is there, or could not be put there. */
	writing: Promise<void>;
};

/** Every VM of this provider: in memory, which decides, and on disk, which remembers. */
export type VmRegistry = {
	has(id: string): boolean;
	/** @throws VM_002 where it is gone */
	entryOf(id: string): VmEntry;
	records(): VmRecord[];
	/** Puts a new VM in memory at once, so that nobody else is promised what it holds. It is not on disk yet. */
	add(record: VmRecord): VmEntry;
	/** Changes a record in memory only: what it holds is held from now on. */
	update(id: string, changes: Partial<VmRecord>): VmRecord;
	/** Changes a record in memory, then on disk. A full disk does not undo what is so: it is written when there is room. */
	note(id: string, changes: Partial<VmRecord>): Promise<VmRecord>;
	/** Takes a VM out of memory and off the disk. */
	remove(id: string): Promise<void>;
	/** Takes back an `add`. */
	forget(id: string): void;
};

const rewriteMs = 5000;

export function createVmRegistry({
	records: initial,
	store,
	exeUnitOf,
	log,
	signal,
	onChange,
}: {
	records: Iterable<VmRecord>;
	store: VmStore;
	exeUnitOf: (vmId: string) => ExeUnit;
	log: Log;
	signal: AbortSignal;
	onChange: () => void;
}): VmRegistry {
	const entries = new Map<string, VmEntry>();
	const unwritten = new Set<string>();
	let isRewriting = false;
	for (const record of initial) {
		add(record);
	}

	function add(record: VmRecord): VmEntry {
		const entry: VmEntry = {
			state: createLiveValue<VmState>({record, stage: null}),
			exeUnit: exeUnitOf(record.id),
			action: undefined,
			writing: Promise.resolve(),
		};
		entries.set(record.id, entry);
		return entry;
	}

	function entryOf(id: string): VmEntry {
		const entry = entries.get(id);
		if (!entry) {
			throw new ApiError('VM_002', `There is no VM ${id} any more.`);
		}

		return entry;
	}

	/** In memory first: nobody may see room that is promised already. */
	function update(id: string, changes: Partial<VmRecord>): VmRecord {
		const {state} = entryOf(id);
		const record = {...state.get().record, ...changes, updated_at: new Date().toISOString()};
		state.set({...state.get(), record});
		onChange();
		return record;
	}

	async function rewriteWhenPossible(): Promise<void> {
		if (isRewriting) {
			return;
		}

		isRewriting = true;
		while (unwritten.size > 0 && !signal.aborted) {
			await sleep(rewriteMs, undefined, {signal}).catch(() => {});
			for (const id of unwritten) {
				const record = entries.get(id)?.state.get().record;
				try {
					await (record && store.set(record));
					unwritten.delete(id);
				} catch {
					// Said once already, when it failed for the first time.
				}
			}
		}

		isRewriting = false;
	}

	return {
		has: id => entries.has(id),
		entryOf,
		records: () => [...entries.values()].map(({state}) => state.get().record),
		add,
		update,
		async note(id, changes) {
			const record = update(id, changes);
			try {
				await store.set(record);
			} catch (error) {
				log.error({vm_id: id, err: error}, 'a VM’s record cannot be written; trying again until it can');
				unwritten.add(id);
				void rewriteWhenPossible();
			}

			return record;
		},
		async remove(id) {
			unwritten.delete(id);
			await store.delete(id);
			entries.delete(id);
			onChange();
		},
		forget(id) {
			entries.delete(id);
			// What it held may have been told of as taken.
			onChange();
		},
	};
}
