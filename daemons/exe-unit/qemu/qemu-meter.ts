import {randomUUID} from 'node:crypto';
import * as z from 'zod';
import type {ExeUnitCounters} from '../../../source/protocol/exe-unit.js';
import type {VmReading} from '../driver.js';
import {readProcessFigures, readResidentBytes} from './process-figures.js';
import type {Qmp} from './qmp.js';

/** A QEMU that is this slow to answer is measured without its word. */
const answerTimeoutMs = 2000;

const blockStatsSchema = z.array(
	z.looseObject({
		device: z.string().optional(),
		stats: z.looseObject({rd_bytes: z.number().min(0), wr_bytes: z.number().min(0)}),
	}),
);

/**
Measures one QEMU process: times by the kernel, bytes of the disk by QEMU itself. What it works in the moments between the
last look and its end may not be counted. Where there is no /proc, its time counts from when it was found.
*/
export function createQemuMeter({pid, qmp}: {pid: number; qmp: Qmp}): () => Promise<VmReading> {
	const first = readProcessFigures(pid);
	const source = first?.identity ?? randomUUID();
	const foundAtMs = performance.now();
	let hasEnded = false;
	let counters: ExeUnitCounters = {};

	function look(): void {
		const elapsedSeconds = (performance.now() - foundAtMs) / 1000;
		const now = readProcessFigures(pid);
		const isSame = first !== undefined && now?.identity === source;
		counters = {
			...counters,
			running_seconds: isSame ? now.ageSeconds : (first?.ageSeconds ?? 0) + elapsedSeconds,
			...(isSame ? {cpu_seconds: now.cpuSeconds} : {}),
		};
	}

	void qmp.closed.then(() => {
		// It is about to go, or a zombie: both can still be read.
		look();
		hasEnded = true;
	});

	return async () => {
		if (hasEnded) {
			return {source, counters, memoryBytes: 0};
		}

		const disk = await readDiskFigures(qmp);
		counters = {...counters, ...disk};
		if (!hasEnded) {
			look();
		}

		return {source, counters, memoryBytes: hasEnded ? 0 : readResidentBytes(pid)};
	};
}

/** Nothing where QEMU does not say. */
async function readDiskFigures(qmp: Qmp): Promise<ExeUnitCounters> {
	let timer: NodeJS.Timeout | undefined;
	const silence = new Promise<undefined>(resolve => {
		timer = setTimeout(resolve, answerTimeoutMs, undefined);
	});
	const answer = qmp.execute('query-blockstats').catch(() => undefined);
	const blockStats = blockStatsSchema.safeParse(await Promise.race([answer, silence]));
	clearTimeout(timer);
	const disk = blockStats.data?.find(({device}) => device === 'disk');
	return disk ? {disk_read_bytes: disk.stats.rd_bytes, disk_written_bytes: disk.stats.wr_bytes} : {};
}
