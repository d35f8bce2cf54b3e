import type {ProviderClient} from '../client/provider-client.js';
import {GolemError} from '../platform/golem-error.js';
import {printable} from '../platform/printable.js';
import {pollUntil} from '../platform/waiting.js';
import type {Vm, VmJob, VmStage} from '../protocol/vm.js';

/** How a step of the provider's is told to a person. */
const stageMessages: Readonly<Record<VmStage, string>> = {
	prepare: 'Preparing disk and keys',
	boot: 'Booting',
	network: 'Waiting for SSH',
	ready: 'Ready',
};

/** Asked each second, it would take all of the 60 requests a minute that a provider usually allows. */
const askEveryMs = 1500;

/** Too many questions are no failure of the VM's. */
function untilItListens(error: unknown): undefined {
	if (!(error instanceof GolemError && error.code === 'RATE_001')) {
		throw error;
	}
}

/**
Tells each stage, and returns the VM once it runs. Where the stream of events breaks, it asks instead.
@param signal ends the waiting
@throws what the creation failed with
*/
export async function untilRunning(
	provider: ProviderClient,
	{vm_id, job_id}: VmJob,
	{
		name,
		onProgress,
		signal,
	}: {
		name: string;
		onProgress: (progress: {step: string; message: string}) => void;
		signal: AbortSignal;
	},
): Promise<Vm> {
	const told = new Set<VmStage>();
	const listen = async () => {
		for await (const event of provider.events(vm_id, signal)) {
			// However often it is said: what comes anew each time has no end.
			if (event.type === 'stage' && !told.has(event.stage)) {
				told.add(event.stage);
				onProgress({step: event.stage, message: stageMessages[event.stage]});
			} else if (event.type === 'status' && event.status !== 'creating') {
				return;
			}
		}
	};
	// A broken stream is no failure of the VM's; the question below finds out.
	await listen().catch(() => {});
	const job = await pollUntil(
		async () => {
			const answer = await provider.job(job_id, signal).catch(untilItListens);
			return answer?.status === 'pending' ? undefined : answer;
		},
		{timeoutMs: Number.POSITIVE_INFINITY, intervalMs: askEveryMs, signal},
	);
	if (job?.status === 'done' && job.vm) {
		return job.vm;
	}

	const {code = 'VM_001', message = `${name} came to nothing.`} = job?.error ?? {};
	throw new GolemError(printable(code), printable(message), {
		details: {log: job?.error?.['log']},
		hint: `See more with: golem vm info ${name} — and give it back with: golem vm destroy ${name}`,
	});
}
