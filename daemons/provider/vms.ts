import {createHash, randomUUID} from 'node:crypto';
import type {Log} from '../../source/platform/log.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {CreateVmRequest} from '../../source/protocol/vm.js';
import type {InstalledImage} from '../images/image.js';
import {type AdmissionLimits, admit} from './admission.js';
import {type ExeUnit, toApiError} from './exe-units.js';
import {holdsReservation, toExeUnitSpec, type VmRecord} from './vm-record.js';
import {createVmRegistry, type VmEntry, type VmState} from './vm-registry.js';
import type {OpenedVmStore} from './vm-store.js';
import {createVmSupervision} from './vm-supervision.js';

export type VmsOptions = OpenedVmStore & {
	exeUnitOf: (vmId: string) => ExeUnit;
	limits: () => AdmissionLimits;
	verifiedPorts: () => readonly number[];
	/** Called for a port that a VM gets: whoever tries it out lets go of it. */
	releasePort: (port: number) => void;
	findImage: (name: string) => Promise<InstalledImage>;
	/** Address the SSH proxies listen on. */
	proxyHost: string;
	qemuBinary: string | undefined;
	/** Does a VM that ran before the machine went down run again after it? */
	restartVms: boolean;
	log: Log;
	signal: AbortSignal;
	onChange: () => void;
	/** Called when a VM has failed: what its disk takes is not held by it any more, and not free either. */
	onFailure: () => void;
};

export type CreateVmCommand = {
	owner: string;
	request: CreateVmRequest & {image: string};
	idempotency: {key: string; body: Buffer} | undefined;
};

/**
Every VM of this provider. All that a tenant asks for is asked in the name of its owner; others' VMs do not exist. What
is done to a VM is logged to the `log` of the request that asked for it.
*/
export type Vms = {
	/** Finds the exe-units of an earlier run again and finishes what was under way. */
	recover(): Promise<void>;
	/** Tries destructions again that were begun and could not be carried out. */
	finishDestructions(): void;
	create(command: CreateVmCommand, log?: Log): Promise<VmRecord>;
	/** By id, or by the name its owner gave it. @throws VM_002 */
	find(owner: string, idOrName: string): VmRecord;
	findJob(owner: string, jobId: string): VmRecord;
	list(owner: string): VmRecord[];
	all(): VmRecord[];
	follow(record: VmRecord, signal: AbortSignal): AsyncGenerator<VmState>;
	/** Resolves when it is running or stopped. @throws VM_001 and others when it failed */
	untilSettled(record: VmRecord, signal: AbortSignal): Promise<VmRecord>;
	/** @throws VM_004 unless it is stopped, running (then nothing happens) or has failed (then it is admitted anew) */
	start(record: VmRecord, log?: Log): Promise<VmRecord>;
	/** @throws VM_004 unless it is running or stopped */
	stop(record: VmRecord, log?: Log): Promise<VmRecord>;
	/** In any state, and whatever else is under way. */
	destroy(record: VmRecord, log?: Log): Promise<VmRecord>;
	/** Lets one more key in, at once where the VM runs, and at each later start. @throws VM_004 where there are too many */
	addSshKey(record: VmRecord, key: {key: string; name: string}, log?: Log): Promise<VmRecord>;
};

const maximumSshKeys = 32;

export function createVms(options: VmsOptions): Vms {
	const {records: initial, store, limits, verifiedPorts, log: ownLog, signal, onChange} = options;
	const {exeUnitOf} = options;
	const registry = createVmRegistry({records: initial, store, exeUnitOf, log: ownLog, signal, onChange});
	const supervision = createVmSupervision({registry, log: ownLog, signal, onFailure: options.onFailure});
	const {records} = registry;
	const recordOf = ({id}: VmRecord) => registry.entryOf(id).state.get().record;

	/** One action on one VM at a time. The same one asked for again is the one under way; a destruction waits for nothing. */
	async function act(id: string, name: string, run: (vm: VmEntry) => Promise<VmRecord>): Promise<VmRecord> {
		const vm = registry.entryOf(id);
		if (vm.action?.name === name) {
			return vm.action.result;
		}

		const {record} = vm.state.get();
		if (record.is_being_destroyed && name !== 'destroy') {
			throw refusal(record, 'The VM is being destroyed.');
		}

		if (vm.action && name !== 'destroy') {
			throw refusal(record, `The VM is busy: ${vm.action.name} is under way.`);
		}

		// Whoever asks for the same has the same answer, a refusal too.
		const result = run(vm).catch((error: unknown) => {
			throw registry.has(id) && recordOf(record).is_being_destroyed && name !== 'destroy'
				? refusal(record, 'The VM is being destroyed.')
				: toApiError(error);
		});
		const action = {name, result};
		vm.action = action;
		try {
			return await result;
		} finally {
			if (vm.action === action) {
				vm.action = undefined;
			}
		}
	}

	/** A VM that failed has given back what it held: it is admitted anew, on its old port where that is free. */
	async function startAgain(vm: VmEntry, log: Log): Promise<VmRecord> {
		const {record} = vm.state.get();
		const others = records().filter(({id}) => id !== record.id);
		const ports = verifiedPorts();
		const ownFirst = ports.includes(record.ssh_port) ? [record.ssh_port, ...ports] : ports;
		const ssh_port = admit(record.resources, others, limits(), ownFirst);
		options.releasePort(ssh_port);
		const admitted = registry.update(record.id, {status: 'starting', error: null, ssh_port});
		try {
			await write(vm, admitted);
		} catch (error) {
			await registry.note(record.id, {
				status: record.status,
				error: record.error,
				ssh_port: record.ssh_port,
			});
			throw error;
		}

		if (vm.state.get().record.is_being_destroyed) {
			throw refusal(record, 'The VM is being destroyed.');
		}

		log.info({vm_id: record.id, resources: record.resources, ssh_port}, 'admitted again');
		supervision.begin(record.id);
		return untilSettled(admitted, signal);
	}

	/**
	Writes spec and record. The record comes last: once it says so, an exe-unit has to find the same in its spec. A
	destruction waits for it, so that it does not write into a folder that is being removed.
	*/
	async function write(vm: VmEntry, record: VmRecord): Promise<void> {
		const writing = (async () => {
			await vm.exeUnit.writeSpec(toExeUnitSpec(record, options));
			await store.set(record);
		})();
		vm.writing = writing.catch(() => {});
		await writing;
	}

	/** Puts a new VM on disk, or takes back all of it. */
	async function writeDown(vm: VmEntry, record: VmRecord, log: Log): Promise<void> {
		try {
			await write(vm, record);
		} catch (error) {
			// Before it is forgotten: what lies in a folder with a record is a VM at the next start.
			await vm.exeUnit.destroy({keepFiles: false}).catch((err: unknown) => {
				log.error({vm_id: record.id, err}, 'could not clear away what was not admitted');
			});
			registry.forget(record.id);
			throw toApiError(error);
		}
	}

	async function untilSettled(record: VmRecord, waitSignal: AbortSignal): Promise<VmRecord> {
		for await (const state of registry.entryOf(record.id).state.follow(waitSignal)) {
			const {status, error, is_being_destroyed} = state.record;
			if (is_being_destroyed && status !== 'deleted') {
				throw refusal(state.record, 'The VM is being destroyed.');
			}

			if (status === 'deleted') {
				throw new ApiError('VM_002', 'The VM was destroyed.');
			}

			if (error) {
				throw new ApiError('VM_001', error.message, {details: {stage: state.stage?.name, log: error.log}});
			}

			if (status === 'running' || status === 'stopped') {
				return state.record;
			}
		}

		throw new ApiError('SRV_002', 'This provider is shutting down; the VM goes on. Ask again.', {
			headers: {'Retry-After': '5'},
		});
	}

	async function finishDestroying({exeUnit, state, writing}: VmEntry, log: Log): Promise<VmRecord> {
		await writing;
		const {record} = state.get();
		await exeUnit.destroy({keepFiles: false});
		const deleted: VmRecord = {...record, status: 'deleted', updated_at: new Date().toISOString()};
		await registry.remove(record.id);
		state.set({record: deleted, stage: null});
		log.info({vm_id: record.id, released: record.resources, ssh_port: record.ssh_port}, 'destroyed');
		return deleted;
	}

	function destroyInBackground(id: string): void {
		ownLog.info({vm_id: id}, 'finishing a destruction that was begun');
		act(id, 'destroy', vm => finishDestroying(vm, ownLog)).catch((error: unknown) => {
			ownLog.error({vm_id: id, err: error}, 'could not finish a destruction');
		});
	}

	async function recoverOne(record: VmRecord): Promise<void> {
		if (record.is_being_destroyed) {
			destroyInBackground(record.id);
		} else if (record.status !== 'error') {
			ownLog.info({vm_id: record.id, status: record.status}, 'looking for the VM’s exe-unit');
			// Settings may have changed, and its last words may not have been written.
			await registry
				.entryOf(record.id)
				.exeUnit.updateSpec(toExeUnitSpec(record, options))
				.catch((error: unknown) => ownLog.warn({vm_id: record.id, err: error}, 'its spec stays as it was'));
			const wasOn = record.status === 'running' || record.status === 'starting';
			supervision.begin(record.id, wasOn && !options.restartVms ? 'stopped' : record.status);
		}
	}

	function findOwn(owner: string, isIt: (record: VmRecord) => boolean, what: string): VmRecord {
		const found = records().find(record => record.owner === owner && isIt(record));
		if (!found) {
			throw new ApiError('VM_002', `You have no ${what} here.`);
		}

		return found;
	}

	return {
		async recover() {
			for (const record of records()) {
				await recoverOne(record);
			}
		},

		finishDestructions() {
			for (const {id} of records().filter(({is_being_destroyed}) => is_being_destroyed)) {
				destroyInBackground(id);
			}
		},

		async create({owner, request, idempotency}, log = ownLog) {
			const image = await options.findImage(request.image);
			const bodyHash = idempotency && createHash('sha256').update(idempotency.body).digest('hex');
			// From here to the registry there is no await: two requests cannot both have the last of anything.
			const own = records().filter(record => record.owner === owner);
			const earlier = idempotency && own.find(record => record.idempotency?.key === idempotency.key);
			if (earlier) {
				if (earlier.idempotency?.bodyHash !== bodyHash) {
					throw new ApiError('VM_003', 'This Idempotency-Key was used with another body.');
				}

				if (earlier.is_being_destroyed) {
					throw refusal(earlier, 'The VM of this Idempotency-Key is being destroyed.');
				}

				// What is told is on disk: it must not be gone after a kill.
				await registry.entryOf(earlier.id).writing;
				return findOwn(owner, ({id}) => id === earlier.id, `VM ${earlier.name}`);
			}

			if (own.some(({name}) => name === request.name)) {
				throw new ApiError('VM_003', `You have a VM named ${request.name} here already.`, {
					hint: `Choose another name, or end it with: golem vm destroy ${request.name}`,
				});
			}

			const port = admit(request.resources, records(), limits(), verifiedPorts());
			options.releasePort(port);
			const now = new Date();
			const record: VmRecord = {
				id: createVmId(request.name, now, registry.has),
				job_id: randomUUID(),
				name: request.name,
				owner,
				resources: request.resources,
				image: image.name,
				image_folder: image.folder,
				ssh_keys: request.ssh_key === undefined ? [] : [request.ssh_key],
				ssh_port: port,
				status: 'creating',
				is_being_destroyed: false,
				error: null,
				ssh_host_keys: [],
				ssh_user: image.sshUser,
				created_at: now.toISOString(),
				updated_at: now.toISOString(),
				idempotency: idempotency && bodyHash ? {key: idempotency.key, bodyHash} : null,
			};
			const vm = registry.add(record);
			const written = writeDown(vm, record, log);
			// With the taking back, if it comes to that: nobody is told of it before.
			vm.writing = written.catch(() => {});
			await written;
			if (!registry.has(record.id) || recordOf(record).is_being_destroyed) {
				throw new ApiError('VM_002', 'The VM was destroyed.');
			}

			log.info({vm_id: record.id, owner, resources: record.resources, ssh_port: port}, 'admitted');
			onChange();
			supervision.begin(record.id);
			return record;
		},

		find(owner, idOrName) {
			const own = records().filter(record => record.owner === owner);
			return (
				own.find(({id}) => id === idOrName) ?? findOwn(owner, ({name}) => name === idOrName, `VM ${idOrName}`)
			);
		},
		findJob: (owner, jobId) => findOwn(owner, ({job_id}) => job_id === jobId, `job ${jobId}`),
		list: owner => records().filter(record => record.owner === owner),
		all: records,
		follow: (record, followSignal) => registry.entryOf(record.id).state.follow(followSignal),
		untilSettled,

		start: (record, log = ownLog) =>
			act(record.id, 'start', async vm => {
				const {record: current} = vm.state.get();
				if (current.status === 'running') {
					return current;
				}

				if (current.status === 'error') {
					return startAgain(vm, log);
				}

				mustBe(current, 'stopped');
				log.info({vm_id: record.id}, 'starting');
				await supervision.take(record.id, await vm.exeUnit.start(signal));
				const {record: started} = vm.state.get();
				if (started.error) {
					throw new ApiError('VM_001', started.error.message, {details: {log: started.error.log}});
				}

				return started;
			}),

		stop: (record, log = ownLog) =>
			act(record.id, 'stop', async vm => {
				if (vm.state.get().record.status !== 'stopped') {
					mustBe(vm.state.get().record, 'running');
					log.info({vm_id: record.id}, 'stopping');
					await supervision.take(record.id, await vm.exeUnit.stop(signal));
				}

				return vm.state.get().record;
			}),

		destroy: (record, log = ownLog) =>
			act(record.id, 'destroy', async vm => {
				log.info({vm_id: record.id}, 'destroying');
				// Noted, not more: a full disk is no reason against what frees it.
				await registry.note(record.id, {is_being_destroyed: true});
				return finishDestroying(vm, log);
			}),

		addSshKey: (record, {key, name}, log = ownLog) =>
			act(record.id, `adding the SSH key ${key} ${name}`, async vm => {
				const {record: current} = vm.state.get();
				const others = current.ssh_keys.filter(line => !line.startsWith(key));
				if (others.length >= maximumSshKeys) {
					throw refusal(current, `The VM has its ${maximumSshKeys} keys already.`);
				}

				const ssh_keys = [...others, `${key} ${name}`];
				const changed = registry.update(record.id, {ssh_keys});
				await write(vm, changed);
				if (holdsReservation(changed)) {
					await vm.exeUnit.setSshKeys(changed.ssh_keys, signal);
				}

				log.info({vm_id: record.id, key_name: name}, 'an SSH key was added');
				return changed;
			}),
	};
}

function mustBe(record: VmRecord, wanted: VmRecord['status']): void {
	if (record.status !== wanted) {
		throw refusal(record, `The VM is ${record.status}; only a ${wanted} one can do that.`);
	}
}

function refusal({status}: VmRecord, message: string): ApiError {
	return new ApiError('VM_004', message, {details: {status}});
}

/** `golem-my-webserver-20250219-130424`; two tenants may choose the same name in the same second. */
function createVmId(name: string, now: Date, isTaken: (id: string) => boolean): string {
	const [date = '', time = ''] = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
	const id = `golem-${name}-${date}-${time}`;
	return isTaken(id) ? `${id}-${randomUUID().slice(0, 8)}` : id;
}
