import {createHash, randomUUID} from 'node:crypto';
import type {Log} from '../../source/platform/log.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {CreateVmRequest, VmUsageReport} from '../../source/protocol/vm.js';
import type {InstalledImage} from '../images/image.js';
import {admit} from './admission.js';
import {type ExeUnit, toApiError} from './exe-units.js';
import {createVmActions, refusal, type VmActions, type VmActionsOptions} from './vm-actions.js';
import {createVmIds} from './vm-ids.js';
import {toExeUnitSpec, type VmRecord} from './vm-record.js';
import {createVmRegistry, type VmEntry, type VmState} from './vm-registry.js';
import type {OpenedVmStore} from './vm-store.js';
import {createVmSupervision} from './vm-supervision.js';
import {createUsageFollowing, readUsageReport} from './vm-usage.js';

export type VmsOptions = OpenedVmStore &
	VmActionsOptions & {
		exeUnitOf: (vmId: string) => ExeUnit;
		findImage: (name: string) => Promise<InstalledImage>;
		/** Does a VM that ran before the machine went down run again after it? */
		restartVms: boolean;
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
export type Vms = VmActions & {
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
	/** Its state and, as long as somebody follows it, its usage. */
	follow(record: VmRecord, signal: AbortSignal): AsyncGenerator<VmState>;
	/** What it has used until now. */
	usage(record: VmRecord, signal: AbortSignal): Promise<VmUsageReport>;
};

export function createVms(options: VmsOptions): Vms {
	const {records: initial, store, limits, log: ownLog, signal, onChange} = options;
	const {exeUnitOf} = options;
	const registry = createVmRegistry({records: initial, store, exeUnitOf, log: ownLog, signal, onChange});
	const supervision = createVmSupervision({registry, log: ownLog, signal, onFailure: options.onFailure});
	const {write, claimPort, finishDestroying, ...actions} = createVmActions(options, {
		registry,
		supervision,
		store,
	});
	const {records} = registry;
	const newId = createVmIds(registry.has);
	const following = createUsageFollowing({log: ownLog, signal});

	/** Puts a new VM on disk, on a port that is free, or takes back all of it. */
	async function writeDown(vm: VmEntry, record: VmRecord, log: Log): Promise<VmRecord> {
		try {
			const claimed = await claimPort(vm, record);
			await write(vm, claimed);
			return claimed;
		} catch (error) {
			// Before it is forgotten: what lies in a folder with a record is a VM at the next start.
			await vm.exeUnit.destroy({keepFiles: false}).catch((err: unknown) => {
				log.error({vm_id: record.id, err}, 'could not clear away what was not admitted');
			});
			registry.forget(record.id);
			throw toApiError(error);
		}
	}

	async function recoverOne(record: VmRecord): Promise<void> {
		if (record.is_being_destroyed) {
			finishDestroying(record.id);
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
				finishDestroying(id);
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

			const port = admit(request.resources, records(), limits(), options.ports.usable());
			options.ports.release(port);
			const now = new Date();
			const record: VmRecord = {
				id: newId(request.name),
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
			vm.writing = written.then(
				() => {},
				() => {},
			);
			const claimed = await written;
			if (!registry.has(record.id) || registry.entryOf(record.id).state.get().record.is_being_destroyed) {
				throw new ApiError('VM_002', 'The VM was destroyed.');
			}

			log.info(
				{vm_id: record.id, owner, resources: record.resources, ssh_port: claimed.ssh_port},
				'admitted',
			);
			onChange();
			supervision.begin(record.id);
			return claimed;
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
		follow: (record, followSignal) => following.follow(registry.entryOf(record.id), followSignal),
		usage: (record, askSignal) =>
			readUsageReport(record, registry.entryOf(record.id).exeUnit, askSignal).catch((error: unknown) => {
				throw toApiError(error);
			}),
		...actions,
	};
}
