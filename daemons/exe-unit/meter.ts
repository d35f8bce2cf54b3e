import {randomUUID} from 'node:crypto';
import {setTimeout as sleep} from 'node:timers/promises';
import {createSerialQueue} from '../../source/platform/waiting.js';
import {exeUnitTotals} from '../../source/protocol/exe-unit.js';
import type {VmUsage} from '../../source/protocol/vm.js';
import type {Driver, RunningVm, VmReading} from './driver.js';
import type {SshProxy} from './ssh-proxy.js';
import type {UsageRecord} from './usage-record.js';

/** Measures one VM. Nothing is measured while the VM is off, and little while nobody looks. */
export type Meter = {
	/** Measures that VM from now on, until it ends. */
	watchVm(vm: Pick<RunningVm, 'measure' | 'ended'>): void;
	/** Counts what that proxy carries, which has carried nothing yet. */
	watchProxy(proxy: Pick<SshProxy, 'figures'>): void;
	/** How it is now. It is on disk before it is told; who asks at the same time gets the same. Never throws. */
	sample(): Promise<VmUsage>;
	/** A sample now and every two seconds, while the VM runs; silent while it does not. */
	follow(signal: AbortSignal): AsyncGenerator<VmUsage>;
	/** Resolves when all that has ended until now is on disk. */
	settled(): Promise<void>;
	/** Writes down the last of it, and writes nothing more. */
	close(): Promise<void>;
};

export type MeterOptions = {
	record: UsageRecord;
	/** Of the VM. */
	cores: number;
	storageBytes: Driver['storageBytes'];
	/** Between two samples while somebody follows. */
	followMs?: number;
	/** Between two samples for the totals alone: as much as a crash can lose of them. */
	idleMs?: number;
};

/** Ticks of the CPU's account are 10 ms long: over less than this, a percentage says little. */
const shortestIntervalSeconds = 1;

export function createMeter({
	record,
	cores,
	storageBytes,
	followMs = 2000,
	idleMs = 60_000,
}: MeterOptions): Meter {
	const inTurn = createSerialQueue();
	const percentOf = createPercentage(cores);
	let vm: Pick<RunningVm, 'measure' | 'ended'> | undefined;
	let proxy: {source: string; figures: SshProxy['figures']} | undefined;
	let pending: Promise<VmUsage> | undefined;
	let timer: NodeJS.Timeout | undefined;
	let isClosed = false;

	function countProxy(): void {
		if (proxy) {
			const {bytes_in, bytes_out} = proxy.figures();
			record.add({
				source: proxy.source,
				counters: {network_in_bytes: bytes_in, network_out_bytes: bytes_out},
			});
		}
	}

	/** All that can be measured now is in the record, and the record on disk. */
	async function count(measured = vm): Promise<Pick<VmUsage, 'cpu_percent' | 'memory_bytes'>> {
		countProxy();
		const reading = await measured?.measure();
		if (reading) {
			record.add(reading);
		}

		if (!isClosed) {
			await record.write();
		}

		return reading
			? {cpu_percent: percentOf(reading), memory_bytes: reading.memoryBytes}
			: {cpu_percent: 0, memory_bytes: 0};
	}

	async function take(): Promise<VmUsage> {
		const now = await count();
		return {
			at: new Date().toISOString(),
			...exeUnitTotals({totals: record.totals()}),
			...now,
			storage_bytes: await storageBytes(),
		};
	}

	async function sample(): Promise<VmUsage> {
		pending ??= inTurn(take).finally(() => {
			pending = undefined;
		});
		return pending;
	}

	function stopTimer(): void {
		clearInterval(timer);
		timer = undefined;
	}

	return {
		sample,
		watchVm(watched) {
			vm = watched;
			stopTimer();
			// Once now: who finds it after us shall know how far we had come.
			void inTurn(() => count(watched));
			timer = setInterval(() => void sample(), idleMs).unref();
			void watched.ended.then(() => {
				if (vm === watched) {
					vm = undefined;
					stopTimer();
				}

				return inTurn(() => count(watched));
			});
		},
		watchProxy(opened) {
			countProxy();
			proxy = {source: randomUUID(), figures: () => opened.figures()};
		},
		async *follow(signal) {
			while (!signal.aborted && !isClosed) {
				if (vm) {
					const usage = await sample();
					if (vm) {
						yield usage;
					}
				}

				await sleep(followMs, undefined, {signal}).catch(() => {});
			}
		},
		settled: () => inTurn(async () => {}),
		async close() {
			stopTimer();
			// After whatever is under way, a last look at a VM that has just ended included.
			await inTurn(() => count());
			isClosed = true;
		},
	};
}

/** Of all cores since the reading before, as far as that tells something; null for the first one of a process. */
function createPercentage(cores: number): (reading: VmReading) => number | null {
	let before: {source: string; age: number; cpu: number; percent: number | null} | undefined;
	return ({source, counters}) => {
		const {running_seconds: age, cpu_seconds: cpu} = counters;
		if (age === undefined || cpu === undefined) {
			return null;
		}

		if (before?.source !== source) {
			before = {source, age, cpu, percent: null};
		} else if (age - before.age >= shortestIntervalSeconds) {
			const share = (cpu - before.cpu) / ((age - before.age) * cores);
			before = {source, age, cpu, percent: Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10};
		}

		return before.percent;
	};
}
