import {randomUUID} from 'node:crypto';
import type {ProviderClient} from '../client/provider-client.js';
import {GolemError} from '../platform/golem-error.js';
import {pollUntil} from '../platform/waiting.js';
import type {Advertisement} from '../protocol/advertisement.js';
import type {VmJob} from '../protocol/vm.js';
import {describeChoice, providerLabel, rankProviders, type Wishes} from './provider-choice.js';
import {
	isRefusal,
	isWorthAnother,
	nobodyFits,
	noneTookIt,
	type Refusal,
	reasonOf,
	withHint,
} from './refusals.js';
import type {Rental} from './rentals.js';
import {addressOf, type Requestor} from './requestor.js';

export type OrderOptions = {
	name: string;
	onProgress: (progress: {step: string; message: string}) => void;
	signal: AbortSignal;
	/** Asked before one of several providers: throws a GolemError where nobody is there, so that the next is tried soon. */
	mustBeThere?: ((provider: Rental['provider'], signal: AbortSignal) => Promise<void>) | undefined;
};

/** An order that a provider has taken. */
export type Accepted = {rental: Rental; job: VmJob; provider: ProviderClient};

/** Providers that are asked, one after the other, before this is given up. */
const maximumTries = 5;
/** As many as discovery hands out at once. */
const searchLimit = 1000;

/** A provider that has just been started advertises when its ports are verified, a moment after it is ready. */
const patienceMs = 3000;
const askEveryMs = 500;

/** Whoever offers so much; where that is nobody, whoever does within a moment. */
async function findProviders(
	requestor: Requestor,
	{resources}: Wishes,
	signal: AbortSignal,
): Promise<Advertisement[]> {
	const look = async () => {
		const found = await requestor.findProviders({...resources, limit: searchLimit}, signal);
		return found.length > 0 ? found : undefined;
	};
	return (await pollUntil(look, {timeoutMs: patienceMs, intervalMs: askEveryMs, signal})) ?? [];
}

/**
Orders from the best that fits; where that one has no room or is not there, from the next. What one provider may have
taken is never ordered from another.
@throws NO_PROVIDER, and what the last one says
*/
export async function orderFromBest(
	requestor: Requestor,
	wishes: Wishes,
	options: OrderOptions,
): Promise<Accepted> {
	const {name, onProgress, signal} = options;
	onProgress({step: 'find', message: 'Looking for a provider'});
	const found = await findProviders(requestor, wishes, signal);
	const candidates = rankProviders(found, wishes).slice(0, maximumTries);
	const refusals: Refusal[] = [];
	for (const candidate of candidates) {
		onProgress({step: 'choose', message: describeChoice(candidate, wishes)});
		const answer = await tryCandidate(requestor, candidate, wishes, options, candidates.length > 1);
		if ('job' in answer) {
			return answer;
		}

		refusals.push({candidate, error: answer.refusal});
		if (!isWorthAnother(answer.refusal)) {
			throw answer.refusal;
		}

		if (refusals.length < candidates.length) {
			const message = `${providerLabel(candidate)} ${reasonOf(answer.refusal)}; trying the next`;
			onProgress({step: 'refused', message});
		}
	}

	throw refusals.length > 0 ? noneTookIt(name, refusals) : nobodyFits(found, wishes);
}

async function tryCandidate(
	requestor: Requestor,
	candidate: Advertisement,
	{resources, image}: Wishes,
	options: OrderOptions,
	hasOthers: boolean,
): Promise<Accepted | {refusal: GolemError}> {
	const provider = addressOf(candidate);
	if (hasOthers) {
		try {
			await options.mustBeThere?.(provider, options.signal);
		} catch (error) {
			options.signal.throwIfAborted();
			if (error instanceof GolemError) {
				return {refusal: error};
			}

			throw error;
		}
	}

	const intended: Rental = {
		name: options.name,
		provider,
		resources,
		image: image ?? null,
		idempotency_key: randomUUID(),
		vm_id: null,
		job_id: null,
		access: null,
		created_at: new Date().toISOString(),
	};
	// Without a key there is nothing to order with, and so nothing to remember.
	await requestor.sshKey();
	options.signal.throwIfAborted();
	await requestor.remember(intended);
	return placeOrder(requestor, intended, {...options, isRepeated: false});
}

/**
Sends an order that is on disk.
@returns what was accepted, or the provider's no, after which the intent is forgotten
@throws where nobody knows what the provider did; the intent stays
*/
export async function placeOrder(
	requestor: Requestor,
	rental: Rental,
	{name, onProgress, signal, isRepeated}: OrderOptions & {isRepeated: boolean},
): Promise<Accepted | {refusal: GolemError}> {
	const provider = await requestor.providerOf(rental);
	const {publicKey} = await requestor.sshKey();
	onProgress({step: 'request', message: `Asking ${rental.provider.host}:${rental.provider.port} for the VM`});
	const rentals = await requestor.rentals();
	try {
		const {resources, image, idempotency_key} = rental;
		const job = await provider.create(
			{name, resources, ssh_key: publicKey, ...(image === null ? {} : {image})},
			idempotency_key,
			signal,
		);
		const accepted: Rental = {...rental, vm_id: job.vm_id, job_id: job.job_id};
		await rentals.set(name, accepted);
		return {rental: accepted, job, provider};
	} catch (error) {
		if (signal.aborted || !(error instanceof GolemError)) {
			throw error;
		}

		if (isRefusal(error, {isRepeated})) {
			// There is nothing to come back to; but another call of that name may have gone on to another provider.
			if ((await rentals.get(name))?.idempotency_key === rental.idempotency_key) {
				await rentals.delete(name);
			}

			return {refusal: error};
		}

		throw withHint(
			error,
			`It may have the VM all the same. Finish it with: golem vm create ${name} — or end it with: golem vm destroy ${name}`,
		);
	}
}
