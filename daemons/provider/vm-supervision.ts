import {GolemError} from '../../source/platform/golem-error.js';
import type {Log} from '../../source/platform/log.js';
import type {ExeUnitStatus} from '../../source/protocol/exe-unit.js';
import type {VmStatus} from '../../source/protocol/vm.js';
import {type ExeUnit, pauseBeforeRetry} from './exe-units.js';
import type {VmRegistry} from './vm-registry.js';

/** Sees to it that each VM has a supervisor, and that what the supervisor says is known. */
export type VmSupervision = {
	/** @param lastStatus what the VM is to be where it is not running by itself; its record's status where nothing is said */
	begin(id: string, lastStatus?: VmStatus): void;
	/** Takes an exe-unit's word for how its VM is. */
	take(id: string, status: ExeUnitStatus): Promise<void>;
};

/**
An exe-unit that ends this often in a row will not live. One that has yet to make its VM is given up soon, because
somebody waits; a VM that is there is worth a minute, in which a full disk or a lack of memory may pass.
*/
const maximumRespawns = {creating: 3, otherwise: 10};

export function createVmSupervision({
	registry,
	log,
	signal,
	onFailure,
}: {
	registry: VmRegistry;
	log: Log;
	signal: AbortSignal;
	onFailure: () => void;
}): VmSupervision {
	const loops = new Map<string, AbortController>();

	/** The VM as long as it is to be looked after: not when it has failed or is being destroyed. */
	function living(id: string) {
		const entry = registry.has(id) ? registry.entryOf(id) : undefined;
		const record = entry?.state.get().record;
		return entry && record && !record.is_being_destroyed && record.status !== 'error'
			? {...entry, record}
			: undefined;
	}

	async function take(id: string, status: ExeUnitStatus): Promise<void> {
		const vm = living(id);
		if (!vm) {
			return;
		}

		const {state, record, exeUnit} = vm;
		if (status.status === 'deleted') {
			// Only we can decide that; this supervisor was told to end, and another one is needed.
			throw new GolemError('NOT_REACHABLE', `The exe-unit of ${id} is ending.`);
		}

		const {usage} = state.get();
		// Of one that is off there is no usage, and when it is on again it is another.
		state.set({...state.get(), stage: status.stage, usage: status.status === 'running' ? usage : undefined});
		if (status.status === record.status && record.ssh_host_keys.length > 0) {
			return;
		}

		log.info({vm_id: id, status: status.status, error: status.error ?? undefined}, 'VM');
		if (status.status === 'error') {
			// Before anybody hears of it: what it holds is free from then on, and it can be started again.
			await endOf(id, exeUnit);
		}

		await registry.note(id, {
			status: status.status,
			error: status.error,
			ssh_host_keys: status.ssh_host_keys,
			ssh_user: status.ssh_user,
		});
		if (status.status === 'error') {
			onFailure();
		}
	}

	/** What cannot be ended now is found by the next reclamation. */
	async function endOf(id: string, exeUnit: ExeUnit): Promise<void> {
		await exeUnit.destroy({keepFiles: true}).catch((error: unknown) => {
			log.error({vm_id: id, err: error}, 'what is left of a failed VM could not be ended');
		});
	}

	async function supervise(
		id: string,
		firstStatus: VmStatus | undefined,
		signal: AbortSignal,
	): Promise<void> {
		let failures = 0;
		let lastStatus = firstStatus;
		while (!signal.aborted) {
			const vm = living(id);
			if (!vm) {
				return;
			}

			try {
				await vm.exeUnit.ensureRunning(lastStatus ?? vm.record.status, signal);
				lastStatus = undefined;
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
			const patience = vm.record.status === 'creating' ? maximumRespawns.creating : maximumRespawns.otherwise;
			if (failures > patience && living(id)) {
				// Its VM may still be running; what it holds is not free before it has ended.
				await endOf(id, vm.exeUnit);
				await registry.note(id, {
					status: 'error',
					error: {code: 'VM_001', message: 'The VM’s supervisor ended again and again.', log: []},
				});
				onFailure();
				return;
			}

			await pauseBeforeRetry(failures, signal).catch(() => {});
		}
	}

	return {
		take,
		begin(id, lastStatus) {
			loops.get(id)?.abort(new Error('somebody else looks after this VM now'));
			const loop = new AbortController();
			loops.set(id, loop);
			supervise(id, lastStatus, AbortSignal.any([signal, loop.signal]))
				.catch((error: unknown) => {
					if (!signal.aborted && !loop.signal.aborted) {
						log.error({vm_id: id, err: error}, 'the VM is not looked after any more');
					}
				})
				.finally(() => {
					if (loops.get(id) === loop) {
						loops.delete(id);
					}
				});
		},
	};
}
