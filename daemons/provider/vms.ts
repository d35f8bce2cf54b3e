import {createHash, randomUUID} from 'node:crypto';
import type {Log} from '../../source/platform/log.js';
import type {Store} from '../../source/platform/store.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {ExeUnitSpec, ExeUnitStatus} from '../../source/protocol/exe-unit.js';
import type {CreateVmRequest} from '../../source/protocol/vm.js';
import {createLiveValue, type LiveValue} from '../host/live-value.js';
import type {InstalledImage} from '../images/image.js';
import {type AdmissionLimits, admit} from './admission.js';
import {type ExeUnit, pauseBeforeRetry} from './exe-units.js';
import {holdsReservation, type VmRecord} from './vm-record.js';

/** A VM at this moment: what is on disk, and how far its start has come. */
export type VmState = {record: VmRecord; stage: ExeUnitStatus['stage']};

export type VmsOptions = {
	store: Store<VmRecord>;
	exeUnitOf: (vmId: string) => ExeUnit;
	/** Names of the folders that hold VMs, whether or not there is a record of them. */
	listVmFolders: () => Promise<string[]>;
	limits: () => AdmissionLimits;
	verifiedPorts: () => readonly number[];
	findImage: (name: string) => Promise<InstalledImage>;
	/** Address the SSH proxies listen on. */
	proxyHost: string;
	qemuBinary: string | undefined;
	log: Log;
	signal: AbortSignal;
	onChange: () => void;
};

export type CreateVmCommand = {
	owner: string;
	request: CreateVmRequest & {image: string};
	idempotency: {key: string; body: Buffer} | undefined;
};

/** Every VM of this provider. All that a tenant asks for is asked in the name of its owner; others' VMs do not exist. */
export type Vms = {
	/** Finds the exe-units of an earlier run again and finishes what was under way. */
	recover(): Promise<void>;
	create(command: CreateVmCommand): Promise<VmRecord>;
	/** By id, or by the name its owner gave it. @throws VM_002 */
	find(owner: string, idOrName: string): VmRecord;
	findJob(owner: string, jobId: string): VmRecord;
	list(owner: string): VmRecord[];
	all(): VmRecord[];
	follow(record: VmRecord, signal: AbortSignal): AsyncGenerator<VmState>;
	/** Resolves when it is running. @throws VM_001 and others when it failed */
	untilSettled(record: VmRecord, signal: AbortSignal): Promise<VmRecord>;
	start(record: VmRecord): Promise<VmRecord>;
	stop(record: VmRecord): Promise<VmRecord>;
	destroy(record: VmRecord): Promise<VmRecord>;
};

/** An exe-unit that dies this often in a row will not live. */
const maximumRespawns = 3;

export async function createVms(options: VmsOptions): Promise<Vms> {
	const {store, limits, verifiedPorts, log, signal, onChange} = options;
	const vms = new Map<string, {state: LiveValue<VmState>; exeUnit: ExeUnit; action: string | undefined}>();
	for (const [, record] of await store.entries()) {
		add(record);
	}

	function add(record: VmRecord) {
		const vm = {
			state: createLiveValue<VmState>({record, stage: null}),
			exeUnit: options.exeUnitOf(record.id),
			action: undefined,
		};
		vms.set(record.id, vm);
		return vm;
	}

	const records = () => [...vms.values()].map(({state}) => state.get().record);

	function entryOf({id}: VmRecord) {
		const vm = vms.get(id);
		if (!vm) {
			throw new ApiError('VM_002', `There is no VM ${id} any more.`);
		}

		return vm;
	}

	/** Changes a record in memory and on disk. In that order: nobody may see room that is promised already. */
	async function change(id: string, changes: Partial<VmRecord>): Promise<VmRecord> {
		const vm = vms.get(id);
		if (!vm) {
			throw new ApiError('VM_002', `There is no VM ${id} any more.`);
		}

		const record = {...vm.state.get().record, ...changes, updated_at: new Date().toISOString()};
		vm.state.set({...vm.state.get(), record});
		await store.set(id, record);
		onChange();
		return record;
	}

	async function take(id: string, status: ExeUnitStatus): Promise<void> {
		const vm = vms.get(id);
		if (!vm) {
			return;
		}

		const {record} = vm.state.get();
		vm.state.set({...vm.state.get(), stage: status.stage});
		const isNews = status.status !== record.status || record.ssh_host_keys.length === 0;
		if (isNews && !record.is_being_destroyed && record.status !== 'error') {
			log.info({vm_id: id, status: status.status, error: status.error ?? undefined}, 'VM');
			await change(id, {
				status: status.status,
				error: status.error,
				ssh_host_keys: status.ssh_host_keys,
				ssh_user: status.ssh_user,
			});
			if (status.status === 'error') {
				await vm.exeUnit.destroy({keepFiles: true});
			}
		}
	}

	/** Sees to it that the VM has a supervisor and that its word is heard, until the VM has failed or is gone. */
	async function supervise(id: string): Promise<void> {
		let failures = 0;
		while (!signal.aborted) {
			const vm = vms.get(id);
			const record = vm?.state.get().record;
			if (!vm || !record || record.is_being_destroyed || record.status === 'error') {
				return;
			}

			try {
				await vm.exeUnit.ensureRunning(record.status, signal);
				for await (const status of vm.exeUnit.follow(signal)) {
					failures = status.status === 'running' || status.status === 'stopped' ? 0 : failures;
					await take(id, status);
				}
			} catch (error) {
				if (signal.aborted) {
					return;
				}

				log.warn({vm_id: id, err: error}, 'lost the exe-unit');
			}

			failures += 1;
			if (failures > maximumRespawns) {
				// Its VM may still be running; what it holds is not free before it has ended.
				await vm.exeUnit.destroy({keepFiles: true});
				await change(id, {
					status: 'error',
					error: {code: 'VM_001', message: 'The VM’s supervisor ended again and again.', log: []},
				});
				return;
			}

			await pauseBeforeRetry(failures, signal).catch(() => {});
		}
	}

	function superviseInBackground(id: string): void {
		supervise(id).catch((error: unknown) => {
			if (!signal.aborted) {
				log.error({vm_id: id, err: error}, 'the VM is not looked after any more');
			}
		});
	}

	/** One action on one VM at a time. */
	async function act<Result>(record: VmRecord, action: string, run: () => Promise<Result>): Promise<Result> {
		const vm = entryOf(record);
		if (vm.action !== undefined) {
			throw new ApiError('VM_004', `The VM is busy: ${vm.action} is under way.`, {
				details: {status: vm.state.get().record.status},
			});
		}

		vm.action = action;
		try {
			return await run();
		} finally {
			vm.action = undefined;
		}
	}

	/** A VM that failed has given back what it held: it is admitted anew, on its old port where that is free. */
	async function startAgain(record: VmRecord): Promise<VmRecord> {
		const others = records().filter(({id}) => id !== record.id);
		const ports = verifiedPorts();
		const ownFirst = ports.includes(record.ssh_port) ? [record.ssh_port, ...ports] : ports;
		const ssh_port = admit(record.resources, others, limits(), ownFirst);
		const admitted = await change(record.id, {status: 'starting', error: null, ssh_port});
		await entryOf(record).exeUnit.writeSpec(specOf(admitted, options));
		superviseInBackground(record.id);
		return untilSettled(admitted, signal);
	}

	async function untilSettled(record: VmRecord, waitSignal: AbortSignal): Promise<VmRecord> {
		for await (const state of entryOf(record).state.follow(waitSignal)) {
			const {status, error} = state.record;
			if (status === 'running' || status === 'stopped') {
				return state.record;
			}

			if (error) {
				throw new ApiError('VM_001', error.message, {details: {stage: state.stage?.name, log: error.log}});
			}

			if (status === 'deleted') {
				throw new ApiError('VM_002', 'The VM was destroyed.');
			}
		}

		throw new ApiError('SRV_002', 'This provider is shutting down; the VM goes on. Ask again.', {
			headers: {'Retry-After': '5'},
		});
	}

	async function finishDestroying(record: VmRecord): Promise<VmRecord> {
		const vm = entryOf(record);
		await vm.exeUnit.destroy({keepFiles: false});
		await store.delete(record.id);
		const deleted: VmRecord = {
			...vm.state.get().record,
			status: 'deleted',
			updated_at: new Date().toISOString(),
		};
		vm.state.set({record: deleted, stage: null});
		vms.delete(record.id);
		log.info({vm_id: record.id}, 'destroyed');
		onChange();
		return deleted;
	}

	return {
		async recover() {
			const ownerless = (await options.listVmFolders()).filter(vmId => !vms.has(vmId));
			for (const vmId of ownerless) {
				log.warn({vm_id: vmId}, 'removing what is left of a VM that never came to be');
				await options.exeUnitOf(vmId).destroy({keepFiles: false});
			}

			for (const record of records()) {
				if (record.is_being_destroyed) {
					log.info({vm_id: record.id}, 'finishing a destruction that was under way');
					act(record, 'destroy', () => finishDestroying(record)).catch((error: unknown) => {
						log.error({vm_id: record.id, err: error}, 'could not finish a destruction');
					});
				} else if (record.status !== 'error') {
					log.info({vm_id: record.id, status: record.status}, 'looking for the VM’s exe-unit');
					superviseInBackground(record.id);
				}
			}
		},

		async create({owner, request, idempotency}) {
			const image = await options.findImage(request.image);
			const bodyHash = idempotency && createHash('sha256').update(idempotency.body).digest('hex');
			// From here to the map there is no await: two requests cannot both have the last of anything.
			const own = records().filter(record => record.owner === owner);
			const earlier = idempotency && own.find(record => record.idempotency?.key === idempotency.key);
			if (earlier) {
				if (earlier.idempotency?.bodyHash !== bodyHash) {
					throw new ApiError('VM_003', 'This Idempotency-Key was used with another body.');
				}

				return earlier;
			}

			if (own.some(({name}) => name === request.name)) {
				throw new ApiError('VM_003', `You have a VM named ${request.name} here already.`, {
					hint: `Choose another name, or end it with: golem vm destroy ${request.name}`,
				});
			}

			const port = admit(request.resources, records(), limits(), verifiedPorts());
			const now = new Date();
			const record: VmRecord = {
				id: createVmId(request.name, now, id => vms.has(id)),
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
			const vm = add(record);
			try {
				await vm.exeUnit.writeSpec(specOf(record, options));
				await store.set(record.id, record);
			} catch (error) {
				vms.delete(record.id);
				throw error;
			}

			log.info({vm_id: record.id, owner, resources: record.resources, ssh_port: port}, 'admitted');
			onChange();
			superviseInBackground(record.id);
			return record;
		},

		find(owner, idOrName) {
			const own = records().filter(record => record.owner === owner);
			const found = own.find(({id}) => id === idOrName) ?? own.find(({name}) => name === idOrName);
			if (!found) {
				throw new ApiError('VM_002', `You have no VM ${idOrName} here.`);
			}

			return found;
		},

		findJob(owner, jobId) {
			const found = records().find(record => record.owner === owner && record.job_id === jobId);
			if (!found) {
				throw new ApiError('VM_002', `You have no job ${jobId} here.`);
			}

			return found;
		},

		list: owner => records().filter(record => record.owner === owner),
		all: records,
		follow: (record, followSignal) => entryOf(record).state.follow(followSignal),

		untilSettled,

		start: record =>
			act(record, 'start', async () => {
				const {exeUnit, state} = entryOf(record);
				if (state.get().record.status === 'running') {
					return state.get().record;
				}

				if (state.get().record.status === 'error') {
					return startAgain(state.get().record);
				}

				mustBe(state.get().record, 'stopped');
				await take(record.id, await exeUnit.start(signal));
				const started = state.get().record;
				if (started.error) {
					throw new ApiError('VM_001', started.error.message, {details: {log: started.error.log}});
				}

				return started;
			}),

		stop: record =>
			act(record, 'stop', async () => {
				const {exeUnit, state} = entryOf(record);
				if (state.get().record.status !== 'stopped') {
					mustBe(state.get().record, 'running');
					await take(record.id, await exeUnit.stop(signal));
				}

				return state.get().record;
			}),

		destroy: record =>
			act(record, 'destroy', async () =>
				finishDestroying(await change(record.id, {is_being_destroyed: true})),
			),
	};
}

function mustBe({status}: VmRecord, wanted: VmRecord['status']): void {
	if (status !== wanted) {
		throw new ApiError('VM_004', `The VM is ${status}; only a ${wanted} one can do that.`, {
			details: {status},
		});
	}
}

function specOf(record: VmRecord, {proxyHost, qemuBinary}: VmsOptions): ExeUnitSpec {
	return {
		vm_id: record.id,
		name: record.name,
		resources: record.resources,
		image_folder: record.image_folder,
		ssh_keys: record.ssh_keys,
		proxy: {host: proxyHost, port: record.ssh_port},
		driver: 'qemu',
		...(qemuBinary === undefined ? {} : {qemu_binary: qemuBinary}),
	};
}

/** `golem-my-webserver-20250219-130424`; two tenants may choose the same name in the same second. */
function createVmId(name: string, now: Date, isTaken: (id: string) => boolean): string {
	const [date = '', time = ''] = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
	const id = `golem-${name}-${date}-${time}`;
	return isTaken(id) ? `${id}-${randomUUID().slice(0, 8)}` : id;
}

/** Ports that carry a VM, each with its id. */
export function portsInUse(records: Iterable<VmRecord>): Map<number, string> {
	return new Map([...records].filter(holdsReservation).map(({ssh_port, id}) => [ssh_port, id]));
}
