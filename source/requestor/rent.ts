import {randomUUID} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import type {ProviderClient} from '../client/provider-client.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {pollUntil} from '../platform/waiting.js';
import type {Advertisement} from '../protocol/advertisement.js';
import {type Resources, vmSizes} from '../protocol/resources.js';
import type {Vm, VmJob} from '../protocol/vm.js';
import type {Rental} from './rentals.js';
import {addressOf, type Requestor} from './requestor.js';

export type RentOptions = {
	name: string;
	/** What it must have; the smallest size where nothing is said. */
	resources?: Resources | undefined;
	image?: string | undefined;
	/** The one to rent from; the best that fits where nobody is named. */
	providerId?: string | undefined;
	/** From the request to a VM that can be reached. */
	timeoutMs: number;
	/** Return once the provider has accepted. */
	noWait?: boolean | undefined;
	onProgress: (progress: {step: string; message: string}) => void;
	signal: AbortSignal;
};

export type RentResult = {rental: Rental; vm: Vm | undefined};

/** How a step of the provider's is told to a person. */
const stageMessages: Readonly<Record<string, string>> = {
	prepare: 'Preparing disk and keys',
	boot: 'Booting',
	network: 'Waiting for SSH',
	ready: 'Ready',
};

/**
Rents a VM and waits until it can be reached. What is intended is on disk before the provider is asked, with a key that
makes asking again harmless: a call that was cut short is finished by the next one with the same name.
@throws VM_003 where the name is taken, NO_PROVIDER, and what the provider says
*/
export async function rentVm(requestor: Requestor, options: RentOptions): Promise<RentResult> {
	const {name, signal} = options;
	const rentals = await requestor.rentals();
	const known = await rentals.get(name);
	if (known && known.vm_id !== null && (known.access !== null || options.noWait)) {
		throw new GolemError('VM_003', `You have a VM named ${name} already.`, {
			exitCode: exitCodes.conflict,
			hint: `Go into it with: golem vm ssh ${name} — or choose another name.`,
		});
	}

	if (known) {
		mustFit(known, options);
	}

	const rental = known ?? (await chooseAndIntend(requestor, options));
	const provider = await requestor.providerOf(rental);
	const job =
		rental.job_id === null
			? await order(requestor, provider, rental, {...options, isRepeated: known !== undefined})
			: await provider.job(rental.job_id, signal);
	const accepted: Rental = {...rental, vm_id: job.vm_id, job_id: job.job_id};
	await rentals.set(name, accepted);
	if (options.noWait) {
		return {rental: accepted, vm: job.vm};
	}

	const vm = await untilRunning(provider, job, options);
	const access = await provider.access(vm.id, signal);
	const ready: Rental = {...accepted, access};
	await rentals.set(name, ready);
	return {rental: ready, vm};
}

/** Sends the order. Where the provider decides against it, the intent is forgotten. */
async function order(
	requestor: Requestor,
	provider: ProviderClient,
	rental: Rental,
	{name, onProgress, signal, isRepeated}: RentOptions & {isRepeated: boolean},
): Promise<VmJob> {
	const {publicKey} = await requestor.sshKey();
	onProgress({step: 'request', message: `Asking ${rental.provider.host}:${rental.provider.port} for the VM`});
	try {
		return await provider.create(
			{
				name,
				resources: rental.resources,
				ssh_key: publicKey,
				...(rental.image === null ? {} : {image: rental.image}),
			},
			rental.idempotency_key,
			signal,
		);
	} catch (error) {
		if (isRefusal(error, {isRepeated})) {
			// The provider said no, so there is nothing to come back to.
			await (await requestor.rentals()).delete(name);
		}

		if (error instanceof GolemError && error.code === 'NOT_REACHABLE') {
			throw new GolemError(error.code, error.message, {
				exitCode: error.exitCode,
				hint: `Try again with: golem vm create ${name} — or choose another provider after: golem vm destroy ${name}`,
				cause: error,
			});
		}

		throw error;
	}
}

/** An order that was begun is finished as it was, or not at all. */
function mustFit(known: Rental, {name, resources, image, providerId}: RentOptions): void {
	const differs =
		(resources !== undefined && !isDeepStrictEqual(resources, known.resources)) ||
		(image !== undefined && image !== known.image) ||
		(providerId !== undefined && providerId !== known.provider.id);
	if (differs) {
		const {cpu, memory, storage} = known.resources;
		throw new GolemError(
			'VM_003',
			`The creation of ${name} was begun with other wishes (${cpu} cores, ${memory} GB memory, ${storage} GB storage at ${known.provider.id}).`,
			{
				exitCode: exitCodes.conflict,
				hint: `Finish it with: golem vm create ${name} — or forget it with: golem vm destroy ${name}`,
			},
		);
	}
}

async function chooseAndIntend(
	requestor: Requestor,
	{name, resources = vmSizes.small, image, providerId, onProgress, signal}: RentOptions,
): Promise<Rental> {
	onProgress({step: 'find', message: 'Looking for a provider'});
	const found = await requestor.findProviders({...resources}, signal);
	const chosen = chooseProvider(found, {image, providerId});
	if (!chosen) {
		const wanted = `${resources.cpu} cores, ${resources.memory} GB memory, ${resources.storage} GB storage`;
		throw new GolemError(
			'NO_PROVIDER',
			providerId === undefined
				? `No provider offers ${wanted}${image ? ` with the image ${image}` : ''} just now.`
				: `The provider ${providerId} does not offer ${wanted} just now.`,
			{exitCode: exitCodes.conflict, hint: 'See what there is with: golem vm providers'},
		);
	}

	const rental: Rental = {
		name,
		provider: addressOf(chosen),
		resources,
		image: image ?? null,
		idempotency_key: randomUUID(),
		vm_id: null,
		job_id: null,
		access: null,
		created_at: new Date().toISOString(),
	};
	await (await requestor.rentals()).set(name, rental);
	return rental;
}

/** The freshest word wins: who advertised last is the surest to be there. */
function chooseProvider(
	found: readonly Advertisement[],
	{image, providerId}: Pick<RentOptions, 'image' | 'providerId'>,
): Advertisement | undefined {
	return found
		.filter(({provider_id}) => providerId === undefined || provider_id === providerId.toLowerCase())
		.filter(({over_threshold = []}) => over_threshold.length === 0)
		.filter(({images}) => image === undefined || images === undefined || images.includes(image))
		.sort((a, b) => b.timestamp.localeCompare(a.timestamp))[0];
}

/** Tells each stage, and returns the VM once it runs. Where the stream of events breaks, it asks instead. */
async function untilRunning(
	provider: ProviderClient,
	{vm_id, job_id}: VmJob,
	{name, timeoutMs, onProgress, signal}: RentOptions,
): Promise<Vm> {
	const deadline = AbortSignal.timeout(timeoutMs);
	const waiting = AbortSignal.any([signal, deadline]);
	const listen = async () => {
		for await (const event of provider.events(vm_id, waiting)) {
			if (event.type === 'stage') {
				onProgress({step: event.stage, message: stageMessages[event.stage] ?? event.message});
			} else if (event.type === 'status' && event.status !== 'creating') {
				return;
			}
		}
	};
	try {
		// A broken stream is no failure of the VM's; the question below finds out.
		await listen().catch(() => {});
		const job = await pollUntil(
			async () => {
				const answer = await provider.job(job_id, waiting);
				return answer.status === 'pending' ? undefined : answer;
			},
			{timeoutMs, intervalMs: 1000, signal: waiting},
		);
		if (job?.status === 'done' && job.vm) {
			return job.vm;
		}

		if (job?.error) {
			throw new GolemError(job.error.code, job.error.message, {
				details: {log: job.error['log']},
				hint: `See more with: golem vm info ${name} — and give it back with: golem vm destroy ${name}`,
			});
		}
	} catch (error) {
		if (!deadline.aborted) {
			throw error;
		}
	}

	throw new GolemError(
		'NET_001',
		`${name} was not ready in ${timeoutMs / 1000} s; its provider still works on it.`,
		{
			exitCode: exitCodes.timedOut,
			hint: `See how it is with: golem vm info ${name}`,
		},
	);
}

/**
Did the provider decide against it, as opposed to: nobody knows what it did? Of an order that was sent before, a refusal
to listen says nothing.
*/
function isRefusal(error: unknown, {isRepeated}: {isRepeated: boolean}): boolean {
	if (!(error instanceof GolemError) || error.code === 'VM_001') {
		return false;
	}

	const saysNo = /^(?:REQ|RES|ADV|IMG|VM)_|^NET_003$/;
	const doesNotListen = /^(?:AUTH|RATE)_/;
	return saysNo.test(error.code) || (!isRepeated && doesNotListen.test(error.code));
}
