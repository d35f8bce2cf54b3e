import type {Log} from '../../source/platform/log.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {type AdmissionLimits, admit, choosePort} from './admission.js';
import {toApiError} from './exe-units.js';
import type {Ports} from './ports/ports.js';
import {holdsReservation, toExeUnitSpec, type VmRecord} from './vm-record.js';
import type {VmEntry, VmRegistry} from './vm-registry.js';
import type {VmStore} from './vm-store.js';
import type {VmSupervision} from './vm-supervision.js';

export type VmActionsOptions = {
	limits: () => AdmissionLimits;
	ports: Pick<Ports, 'usable' | 'release' | 'claim'>;
	/** Address the SSH proxies listen on. */
	proxyHost: string;
	qemuBinary: string | undefined;
	log: Log;
	signal: AbortSignal;
};

/** What can be done to a VM that is there, whoever it belongs to. */
export type VmActions = {
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

/** What creation and recovery need besides. */
export type VmActionParts = VmActions & {
	/** Writes spec and record. A destruction waits for it. */
	write(vm: VmEntry, record: VmRecord): Promise<void>;
	claimPort(vm: VmEntry, record: VmRecord): Promise<VmRecord>;
	finishDestroying(id: string): void;
};

const maximumSshKeys = 32;

export function createVmActions(
	options: VmActionsOptions,
	{registry, supervision, store}: {registry: VmRegistry; supervision: VmSupervision; store: VmStore},
): VmActionParts {
	const {limits, log: ownLog, signal} = options;
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
		const ports = options.ports.usable();
		const ownFirst = ports.includes(record.ssh_port) ? [record.ssh_port, ...ports] : ports;
		const ssh_port = admit(record.resources, others, limits(), ownFirst);
		options.ports.release(ssh_port);
		let admitted = registry.update(record.id, {status: 'starting', error: null, ssh_port});
		try {
			admitted = await claimPort(vm, admitted);
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

		log.info({vm_id: record.id, resources: record.resources, ssh_port: admitted.ssh_port}, 'admitted again');
		supervision.begin(record.id);
		return untilSettled(admitted, signal);
	}

	/**
	Makes sure of the port that a VM was given, or gives it another one: a program may have taken it since it was verified.
	@throws NET_003
	*/
	async function claimPort(vm: VmEntry, admitted: VmRecord): Promise<VmRecord> {
		let record = admitted;
		while (!(await options.ports.claim(record.ssh_port))) {
			// No await from here to the record.
			const others = records().filter(({id}) => id !== record.id);
			const ssh_port = choosePort(others, options.ports.usable());
			options.ports.release(ssh_port);
			record = registry.update(vm.state.get().record.id, {ssh_port});
		}

		return record;
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

	return {
		untilSettled,
		write,
		claimPort,
		finishDestroying(id) {
			ownLog.info({vm_id: id}, 'finishing a destruction that was begun');
			act(id, 'destroy', vm => finishDestroying(vm, ownLog)).catch((error: unknown) => {
				ownLog.error({vm_id: id, err: error}, 'could not finish a destruction');
			});
		},

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

export function refusal({status}: VmRecord, message: string): ApiError {
	return new ApiError('VM_004', message, {details: {status}});
}
