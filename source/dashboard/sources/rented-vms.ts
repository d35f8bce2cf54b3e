import fs from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {GolemError} from '../../platform/golem-error.js';
import {deadlineSignal} from '../../platform/waiting.js';
import type {Rental} from '../../requestor/rentals.js';
import type {Requestor} from '../../requestor/requestor.js';
import {heard, noted, type Picture, type VmView, withRentals, withVm} from '../picture.js';
import type {Store} from '../store.js';
import {again, type Pauses} from './following.js';

const defaultPauses: Pauses = {firstMs: 1000, lastMs: 15_000};
const askTimeoutMs = 8000;
/** Where a change of the file was not noticed. */
const lookMs = 15_000;
/** Several changes of the file come with one change of ours. */
const settleMs = 50;

/** Keeps the VMs that are rented here in the picture, by their providers' event streams; ends with the signal. */
export async function followRentals(
	store: Store<Picture>,
	requestor: Requestor,
	rentalsFile: string,
	signal: AbortSignal,
	pauses = defaultPauses,
): Promise<void> {
	const followers = new Map<string, {id: string | null; end: AbortController}>();

	async function look(): Promise<void> {
		const rentals = (await (await requestor.rentals()).entries()).map(([, rental]) => rental);
		store.update(picture => withRentals(picture, rentals));
		for (const [name, {id, end}] of followers) {
			if (!rentals.some(rental => rental.name === name && rental.vm_id === id)) {
				end.abort(new Error('it is not rented any more'));
				followers.delete(name);
			}
		}

		for (const rental of rentals.filter(({name}) => !followers.has(name))) {
			const end = new AbortController();
			followers.set(rental.name, {id: rental.vm_id, end});
			void follow(store, requestor, rental, AbortSignal.any([signal, end.signal]), pauses);
		}
	}

	for await (const _ of changesOf(rentalsFile, signal)) {
		// What cannot be read now can be when it is next looked at.
		await look().catch((error: unknown) => {
			const vmsError = error instanceof Error ? error.message : String(error);
			store.update(picture => (signal.aborted ? picture : {...picture, areVmsKnown: true, vmsError}));
		});
	}
}

async function follow(
	store: Store<Picture>,
	requestor: Requestor,
	rental: Rental,
	signal: AbortSignal,
	pauses: Pauses,
): Promise<void> {
	const {name, vm_id: id} = rental;
	if (id === null) {
		return;
	}

	const change = (change: (vm: VmView) => VmView) =>
		store.update(picture => (signal.aborted ? picture : withVm(picture, name, change)));
	await again(
		async () => {
			let hasSpoken = false;
			try {
				const provider = await requestor.providerOf(rental);
				const ask = async () => {
					const vm = await provider.get(id, deadlineSignal(askTimeoutMs, signal));
					change(known => ({
						...known,
						vm,
						status: vm.status,
						heardAt: Date.now(),
						error: vm.error_message ?? undefined,
					}));
				};
				await ask();
				for await (const event of provider.events(id, signal)) {
					hasSpoken = true;
					change(known => heard(known, event, Date.now()));
					if (event.type === 'status') {
						// Its address and port may have come or gone with that.
						await ask();
					}
				}

				change(known => ({...known, isLive: false}));
				return true;
			} catch (error) {
				change(known => silent(known, error));
				return hasSpoken;
			}
		},
		pauses,
		signal,
	);
}

/** What it is called while nobody tells how it is. */
function silent(vm: VmView, error: unknown): VmView {
	const isGone = error instanceof GolemError && error.code === 'VM_002';
	const status = isGone ? 'gone' : 'unreachable';
	const message = error instanceof Error ? error.message : String(error);
	const known = vm.status === status ? vm : noted(vm, Date.now(), isGone ? 'gone' : message);
	return {...known, status, isLive: false, error: message};
}

/** At once, at each change of the file or those beside it (SQLite writes several), and now and then. */
async function* changesOf(file: string, signal: AbortSignal): AsyncGenerator<void> {
	const names = [path.basename(file), `${path.basename(file)}-wal`];
	let hasChanged = false;
	let wake = () => {};
	const notice = (changed: string | null) => {
		if (changed === null || names.includes(changed)) {
			hasChanged = true;
			wake();
		}
	};
	let watcher = watchFolder(path.dirname(file), notice);
	try {
		while (!signal.aborted) {
			hasChanged = false;
			yield;
			if (!watcher) {
				// Of a new home the folder is made by the first look.
				watcher = watchFolder(path.dirname(file), notice);
				hasChanged = watcher !== undefined;
			}

			if (!hasChanged && !signal.aborted) {
				await new Promise<void>(resolve => {
					const timer = setTimeout(() => wake(), lookMs);
					wake = () => {
						clearTimeout(timer);
						signal.removeEventListener('abort', wake);
						resolve();
					};
					signal.addEventListener('abort', wake, {once: true});
				});
			}

			await sleep(settleMs, undefined, {signal}).catch(() => {});
		}
	} finally {
		watcher?.close();
	}
}

/** Undefined where it cannot be watched: then it is looked at now and then only. */
function watchFolder(folder: string, notice: (changed: string | null) => void): fs.FSWatcher | undefined {
	try {
		return fs.watch(folder, {persistent: false}, (_, changed) => notice(changed)).on('error', () => {});
	} catch {
		return undefined;
	}
}
