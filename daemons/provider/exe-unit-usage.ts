import path from 'node:path';
import type {HttpClient} from '../../source/client/http-client.js';
import {readFileIfThere} from '../../source/platform/files.js';
import {GolemError} from '../../source/platform/golem-error.js';
import {parseJson} from '../../source/platform/json.js';
import type {Log} from '../../source/platform/log.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {
	type ExeUnitUsageRecord,
	exeUnitCounters,
	exeUnitUsageFile,
	exeUnitUsageRecordSchema,
} from '../../source/protocol/exe-unit.js';
import {type VmUsage, vmUsageSchema} from '../../source/protocol/vm.js';

/** What the supervisor of a VM tells of its usage. */
export type ExeUnitUsage = {
	/** What the VM has taken until now: measured, or as it was last written down where no supervisor answers. */
	usage(signal?: AbortSignal): Promise<UsageTotals>;
	/** What the VM takes, every two seconds while it runs; ends when the supervisor does, or the signal says so. */
	followUsage(signal: AbortSignal): AsyncGenerator<VmUsage>;
};

type UsageTotals = Pick<ExeUnitUsageRecord, 'at' | 'totals'>;

const usageTimeoutMs = 10_000;

export function exeUnitUsage({
	client,
	vmFolder,
	log,
}: {
	client: HttpClient;
	vmFolder: string;
	log: Log;
}): ExeUnitUsage {
	return {
		async usage(signal) {
			try {
				const usage = await client.send('GET', '/v1/usage', vmUsageSchema, {
					timeoutMs: usageTimeoutMs,
					signal,
				});
				return {at: usage.at, totals: toCounters(usage)};
			} catch (error) {
				signal?.throwIfAborted();
				log.debug({err: error}, 'the exe-unit does not tell the usage');
				return readUsageFile(path.join(vmFolder, exeUnitUsageFile), error);
			}
		},

		async *followUsage(signal) {
			for await (const line of client.lines('/v1/usage?follow=true', {signal})) {
				// An empty one is a sign of life.
				if (line !== '') {
					yield vmUsageSchema.parse(JSON.parse(line));
				}
			}
		},
	};
}

/** Those that were told. */
function toCounters(usage: VmUsage): ExeUnitUsageRecord['totals'] {
	return Object.fromEntries(
		exeUnitCounters.flatMap(name => (usage[name] === null ? [] : [[name, usage[name]]])),
	);
}

/** What was last written down, for whoever could not be told it. @throws the reason, where the file does not tell either */
async function readUsageFile(file: string, reason: unknown): Promise<UsageTotals> {
	const text = await readFileIfThere(file);
	const code = reason instanceof GolemError ? reason.code : undefined;
	if (text === undefined && code === 'NOT_REACHABLE') {
		// It has never run.
		return {at: new Date().toISOString(), totals: {}};
	}

	if (text === undefined && code === 'REQ_404') {
		throw new ApiError(
			'SRV_002',
			'The supervisor of this VM is of an older version, which measures nothing.',
			{
				cause: reason,
			},
		);
	}

	const record = exeUnitUsageRecordSchema.safeParse(parseJson(text ?? ''));
	if (!record.success) {
		throw reason;
	}

	return record.data;
}
