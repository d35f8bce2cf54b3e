import fs from 'node:fs/promises';
import {readFileIfThere, writeFileAtomically} from '../../source/platform/files.js';
import type {Log} from '../../source/platform/log.js';
import {
	type ExeUnitCounters,
	type ExeUnitUsageRecord,
	exeUnitCounters,
	exeUnitUsageRecordSchema,
} from '../../source/protocol/exe-unit.js';
import type {Reading} from './driver.js';

/** As many sources as can be counting at once, and as many again that have ended. */
const keptSources = 4;

const nothingYet = {totals: {}, sources: []};

/**
Adds up what a VM has taken, over every process that it was, whoever looks at them. Of each source only what came since it was
last read is added, so a supervisor that takes over from one that was killed misses nothing and counts nothing twice.
*/
export type UsageRecord = {
	add(reading: Reading): void;
	totals(): ExeUnitCounters;
	/** On disk when it resolves. What cannot be written now is part of what is written next. */
	write(): Promise<void>;
};

export async function openUsageRecord(file: string, log: Log): Promise<UsageRecord> {
	let {totals, sources} = (await read(file, log)) ?? nothingYet;
	let couldWrite = true;
	return {
		add({source, counters}) {
			const before = sources.find(known => known.source === source)?.counters ?? {};
			sources = [
				...sources.filter(known => known.source !== source),
				{source, counters: combine(before, counters, Math.max)},
			].slice(-keptSources);
			const gained = combine(before, counters, (from, to) => Math.max(0, to - from));
			totals = combine(totals, gained, (total, gain) => total + gain);
		},
		totals: () => totals,
		async write() {
			const record: ExeUnitUsageRecord = {at: new Date().toISOString(), totals, sources};
			try {
				await writeFileAtomically(file, JSON.stringify(record));
				couldWrite = true;
			} catch (error) {
				if (couldWrite) {
					log.error({err: error}, 'what the VM has used cannot be written; trying again each time');
				}

				couldWrite = false;
			}
		},
	};
}

/** Each counter that the second one tells; of the first, those that the second does not tell stay. */
function combine(
	first: ExeUnitCounters,
	second: ExeUnitCounters,
	choose: (first: number, second: number) => number,
): ExeUnitCounters {
	const told = exeUnitCounters.flatMap(name => {
		const value = second[name];
		return value === undefined ? [] : [[name, choose(first[name] ?? 0, value)]];
	});
	return {...first, ...Object.fromEntries(told)};
}

/** A damaged file is set aside for whoever wants to know; nothing that it said is made up. */
async function read(file: string, log: Log): Promise<ExeUnitUsageRecord | undefined> {
	const text = await readFileIfThere(file);
	if (text === undefined) {
		return undefined;
	}

	try {
		return exeUnitUsageRecordSchema.parse(JSON.parse(text));
	} catch (error) {
		log.error({err: error, file}, 'what the VM has used until now cannot be read; counting begins anew');
		await fs.rename(file, `${file}.damaged`);
		return undefined;
	}
}
