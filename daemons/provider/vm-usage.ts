import type {Log} from '../../source/platform/log.js';
import {exeUnitTotals} from '../../source/protocol/exe-unit.js';
import {usageVector, type VmUsageReport} from '../../source/protocol/vm.js';
import {type ExeUnit, pauseBeforeRetry} from './exe-units.js';
import type {VmRecord} from './vm-record.js';
import type {VmEntry, VmState} from './vm-registry.js';

/** One VM's usage for all who follow it: one stream from its exe-unit, however many they are, and none without them. */
export type UsageFollowing = {
	follow(vm: VmEntry, signal: AbortSignal): AsyncGenerator<VmState>;
};

/** @param signal ends all of it */
export function createUsageFollowing({log, signal}: {log: Log; signal: AbortSignal}): UsageFollowing {
	const streams = new WeakMap<VmEntry, {followers: number; end: AbortController}>();

	/** An exe-unit that is started again is followed again; one from before there was usage to tell is asked now and then. */
	async function feed({exeUnit, state}: VmEntry, until: AbortSignal): Promise<void> {
		for (let failures = 0; !until.aborted; failures++) {
			try {
				for await (const usage of exeUnit.followUsage(until)) {
					if (until.aborted) {
						return;
					}

					failures = 0;
					// The last one may come after the news that the VM is off.
					if (state.get().record.status === 'running') {
						state.set({...state.get(), usage});
					}
				}
			} catch (error) {
				log.debug({vm_id: state.get().record.id, err: error}, 'usage cannot be followed; trying again');
			}

			await pauseBeforeRetry(failures, until).catch(() => {});
		}
	}

	function join(vm: VmEntry): void {
		const stream = streams.get(vm);
		if (stream) {
			stream.followers += 1;
			return;
		}

		const end = new AbortController();
		streams.set(vm, {followers: 1, end});
		void feed(vm, AbortSignal.any([signal, end.signal]));
	}

	function leave(vm: VmEntry): void {
		const stream = streams.get(vm);
		if (stream && --stream.followers === 0) {
			streams.delete(vm);
			stream.end.abort(new Error('nobody follows any more'));
			// Who comes later is not told how it was.
			vm.state.set({...vm.state.get(), usage: undefined});
		}
	}

	return {
		async *follow(vm, followSignal) {
			join(vm);
			try {
				yield* vm.state.follow(followSignal);
			} finally {
				leave(vm);
			}
		},
	};
}

/** What the VM has used until now, in the order of the vector. */
export async function readUsageReport(
	{resources}: VmRecord,
	exeUnit: Pick<ExeUnit, 'usage'>,
	signal: AbortSignal,
): Promise<VmUsageReport> {
	const {at, totals} = await exeUnit.usage(signal);
	const {running_seconds, cpu_seconds} = exeUnitTotals({totals});
	return {
		vector: [...usageVector],
		current_usage: [running_seconds, cpu_seconds, resources.memory, resources.storage],
		timestamp: at,
	};
}
