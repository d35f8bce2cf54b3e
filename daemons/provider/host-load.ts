import fs from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {currentLoad} from 'systeminformation/lib/cpu.js';
import {mem} from 'systeminformation/lib/memory.js';
import type {Log} from '../../source/platform/log.js';
import {type HostLoad, type LoadKind, loadKinds} from '../../source/protocol/host-load.js';

/** What this machine's load means for new VMs. */
export type HostLoadState = {
	/** Percent in use; null until it was measured for the first time. */
	percent: HostLoad | null;
	thresholds: HostLoad;
	/** What is over its threshold, or not far enough below it again. While there is any, no new VM is let in. */
	over: LoadKind[];
};

export type HostLoadMonitor = {
	get(): HostLoadState;
	/** Resolves when measuring has ended; that happens with the signal. */
	finished: Promise<void>;
};

const intervalMs = 5000;
/** A processor is busy for seconds without being overloaded: what counts is about the last minute. */
const cpuMemoryMs = 60_000;
/** Points below the threshold before it counts as over no more; of a low threshold a tenth. */
const hysteresis = 5;

/** Measures until the signal ends it. @param folder on the file system that holds the VMs' disks */
export function startHostLoadMonitor({
	thresholds,
	folder,
	log,
	signal,
	onChange,
	measure = measureHostLoad,
	pauseMs = intervalMs,
}: {
	thresholds: HostLoad;
	folder: string;
	log: Log;
	signal: AbortSignal;
	/** Called when something went over its threshold, or came back. */
	onChange: () => void;
	measure?: (folder: string) => Promise<HostLoad>;
	pauseMs?: number;
}): HostLoadMonitor {
	let state: HostLoadState = {percent: null, thresholds, over: []};

	async function look(): Promise<void> {
		const measured = await measure(folder);
		const percent = state.percent ? smooth(state.percent, measured, pauseMs) : {...measured, cpu: 0};
		const over = judgeLoad(state.over, percent, thresholds);
		const isNews = over.join() !== state.over.join();
		state = {percent, thresholds, over};
		if (isNews) {
			log.warn(
				{over, percent, thresholds},
				over.length > 0 ? 'no new VMs for now' : 'new VMs are welcome again',
			);
			onChange();
		}
	}

	async function lookAgainAndAgain(): Promise<void> {
		while (!signal.aborted) {
			await look().catch((error: unknown) => log.error({err: error}, 'the load could not be measured'));
			await sleep(pauseMs, undefined, {signal}).catch(() => {});
		}
	}

	return {
		get: () => ({...state, percent: state.percent && rounded(state.percent)}),
		finished: lookAgainAndAgain(),
	};
}

/** What is over now. What was over before still is until it is clearly below. */
export function judgeLoad(before: readonly LoadKind[], percent: HostLoad, thresholds: HostLoad): LoadKind[] {
	return loadKinds.filter(kind => {
		const limit = before.includes(kind)
			? Math.max(thresholds[kind] - hysteresis, thresholds[kind] * 0.9)
			: thresholds[kind];
		return percent[kind] > limit;
	});
}

/** Exponential average of the processor's load; memory and storage are what they are. */
function smooth(before: HostLoad, measured: HostLoad, passedMs: number): HostLoad {
	const weight = 1 - Math.exp(-passedMs / cpuMemoryMs);
	return {...measured, cpu: before.cpu + (measured.cpu - before.cpu) * weight};
}

function rounded({cpu, memory, storage}: HostLoad): HostLoad {
	return {cpu: Math.round(cpu), memory: Math.round(memory), storage: Math.round(storage)};
}

/** Percent in use of the processors (since the last call), of memory, and of the file system that a folder is on. */
export async function measureHostLoad(folder: string): Promise<HostLoad> {
	const [processors, {total, available}, {blocks, bfree, bavail}] = await Promise.all([
		currentLoad(),
		mem(),
		// systeminformation asks `df` about every file system; this one folder the system tells by itself.
		fs.statfs(folder),
	]);
	const used = blocks - bfree;
	return {
		cpu: processors.currentLoad,
		memory: 100 * (1 - available / total),
		// As `df` has it: what is kept for root is not there for VMs.
		storage: (100 * used) / (used + bavail),
	};
}
