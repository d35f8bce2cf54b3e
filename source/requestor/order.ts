import {randomUUID} from 'node:crypto';
import type {ProviderClient} from '../client/provider-client.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {Advertisement} from '../protocol/advertisement.js';
import type {VmJob} from '../protocol/vm.js';
import {
	describeChoice,
	providerLabel,
	rankProviders,
	shortOfSomething,
	type Wishes,
} from './provider-choice.js';
import {neverConnected} from './reachability.js';
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
	const found = await requestor.findProviders({...wishes.resources, limit: searchLimit}, signal);
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

type Refusal = {candidate: Advertisement; error: GolemError};

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
	await (await requestor.rentals()).set(options.name, intended);
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
			// There is nothing to come back to.
			await rentals.delete(name);
			return {refusal: error};
		}

		throw withHint(
			error,
			`It may have the VM all the same. Finish it with: golem vm create ${name} — or end it with: golem vm destroy ${name}`,
		);
	}
}

/**
Did the provider decide against it, or never hear of it, as opposed to: nobody knows what it did? Of an order that was
sent before, a refusal to listen says nothing.
*/
function isRefusal(error: GolemError, {isRepeated}: {isRepeated: boolean}): boolean {
	if (error.code === 'VM_001') {
		return false;
	}

	const saysNo = /^(?:REQ|RES|ADV|IMG|VM)_|^NET_003$/;
	const doesNotListen = /^(?:AUTH|RATE)_/;
	return (
		saysNo.test(error.code) || (!isRepeated && (doesNotListen.test(error.code) || neverConnected(error)))
	);
}

/** Is it about this provider, so that another one may well say yes? */
function isWorthAnother({code}: GolemError): boolean {
	return /^(?:RES_\d+|ADV_002|IMG_001|NET_001|NET_003|NOT_REACHABLE|RATE_001)$/.test(code);
}

/** A refusal in some words, for a line of progress. */
function reasonOf({code}: GolemError): string {
	const reasons: Record<string, string> = {
		ADV_002: 'has no VMs that small',
		IMG_001: 'does not have the image',
		NET_003: 'has no port left',
		RATE_001: 'has too much to answer',
	};
	return reasons[code] ?? (code.startsWith('RES_') ? `has no room (${code})` : 'cannot be reached');
}

function noneTookIt(name: string, refusals: readonly Refusal[]): GolemError {
	const errors = refusals.map(({error}) => error);
	const last = errors.at(-1) ?? new GolemError('NO_PROVIDER', 'Nobody was asked.');
	const isSame = errors.every(({code}) => code === last.code);
	const message =
		errors.length === 1 || isSame
			? last.message
			: `None of the ${errors.length} providers that were asked took ${name}. The last one: ${last.message}`;
	const hint = 'Nothing was rented. See who else there is with: golem vm providers';
	return new GolemError(isSame ? last.code : 'NO_PROVIDER', message, {
		exitCode: isSame ? last.exitCode : exitCodes.conflict,
		hint: isSame && !neverConnected(last) ? (last.hint ?? hint) : hint,
		details: errors.length === 1 ? last.details : {tried: refusals.map(describeRefusal)},
		cause: last,
	});
}

function describeRefusal({candidate, error: {code, message}}: Refusal) {
	return {provider_id: candidate.provider_id, code, message};
}

function nobodyFits(found: readonly Advertisement[], wishes: Wishes): GolemError {
	const {resources, image, providerId} = wishes;
	const wanted = `${resources.cpu} cores, ${resources.memory} GB memory, ${resources.storage} GB storage${image === undefined ? '' : ` with the image ${image}`}`;
	const busy = shortOfSomething(found, wishes);
	const why =
		busy.length === 0
			? ''
			: ` ${busy.length === 1 ? 'One that would is' : `${busy.length} that would are`} short of ${[...new Set(busy.flatMap(({over_threshold = []}) => over_threshold))].join(' and ')}, and may not be in a minute.`;
	return new GolemError(
		'NO_PROVIDER',
		providerId === undefined
			? `No provider offers ${wanted} just now.${why}`
			: `The provider ${providerId} does not offer ${wanted} just now.${why}`,
		{exitCode: exitCodes.conflict, hint: 'See what there is with: golem vm providers'},
	);
}

function withHint(error: GolemError, hint: string): GolemError {
	return new GolemError(error.code, error.message, {
		exitCode: error.exitCode,
		hint,
		details: error.details,
		cause: error.cause,
	});
}
