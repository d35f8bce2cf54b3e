import {isDeepStrictEqual} from 'node:util';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {type Resources, vmSizes} from '../protocol/resources.js';
import type {Vm} from '../protocol/vm.js';
import {untilRunning} from './boot-wait.js';
import {explainLoss, givenBack, isStillRented} from './lost-creation.js';
import {type Accepted, type OrderOptions, orderFromBest, placeOrder} from './order.js';
import type {Rental} from './rentals.js';
import {nameTaken, type Requestor} from './requestor.js';
import {refreshSshConfig} from './ssh-config.js';

export type RentOptions = {
	name: string;
	/** What it must have; the smallest size where nothing is said. */
	resources?: Resources | undefined;
	image?: string | undefined;
	/** The one to rent from; the best that fits where nobody is named. */
	providerId?: string | undefined;
	/** For all of it: finding a provider, ordering, and waiting for the VM. */
	timeoutMs: number;
	/** Return once the provider has accepted. */
	noWait?: boolean | undefined;
	onProgress: (progress: {step: string; message: string}) => void;
	signal: AbortSignal;
	/** See `OrderOptions`. */
	mustBeThere?: OrderOptions['mustBeThere'];
};

export type RentResult = {rental: Rental; vm: Vm | undefined};

/**
Rents a VM and waits until it can be reached. What is intended is on disk before the provider is asked, with a key that
makes asking again harmless: a call that was cut short is finished by the next one with the same name.
@throws VM_003 where the name is taken, NO_PROVIDER, and what the provider says
*/
export async function rentVm(requestor: Requestor, options: RentOptions): Promise<RentResult> {
	const deadline = new AbortController();
	const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
	const signal = AbortSignal.any([options.signal, deadline.signal]);
	try {
		return await rentInTime(requestor, {...options, signal});
	} catch (error) {
		// Interrupted is interrupted, however late.
		const isLate = deadline.signal.aborted && !options.signal.aborted;
		throw isLate ? await outOfTime(requestor, options) : error;
	} finally {
		clearTimeout(timer);
	}
}

async function rentInTime(requestor: Requestor, options: RentOptions): Promise<RentResult> {
	const {name, resources = vmSizes.small, image, providerId, signal} = options;
	const rentals = await requestor.rentals();
	const known = await rentals.get(name);
	if (known) {
		mustBeUnfinished(known, options);
		mustFit(known, options);
	}

	const {rental, job, provider} = known
		? await takeUpAgain(requestor, known, options).catch(explainLoss(requestor, known, signal))
		: await orderFromBest(requestor, {resources, image, providerId}, options);
	if (options.noWait) {
		return {rental, vm: job.vm};
	}

	const wait = async () => {
		const vm = await untilRunning(provider, job, options);
		return {vm, access: await provider.access(job.vm_id, signal)};
	};
	const {vm, access} = await wait().catch(explainLoss(requestor, rental, signal));
	if (!(await isStillRented(requestor, rental))) {
		throw givenBack(rental);
	}

	const ready: Rental = {...rental, access};
	await rentals.set(name, ready);
	await refreshSshConfig(requestor);
	return {rental: ready, vm};
}

/** Goes on where an earlier call was cut short: with the same provider, and with the same order. */
async function takeUpAgain(requestor: Requestor, known: Rental, options: RentOptions): Promise<Accepted> {
	if (known.job_id !== null) {
		const provider = await requestor.providerOf(known);
		return {rental: known, job: await provider.job(known.job_id, options.signal), provider};
	}

	const answer = await placeOrder(requestor, known, {...options, isRepeated: true});
	if ('job' in answer) {
		return answer;
	}

	throw answer.refusal;
}

function mustBeUnfinished({vm_id, access}: Rental, {name, noWait}: RentOptions): void {
	if (vm_id !== null && (access !== null || noWait)) {
		throw nameTaken(name);
	}
}

/** An order that was begun is finished as it was, or not at all. */
function mustFit(known: Rental, {name, resources, image, providerId}: RentOptions): void {
	const differs =
		(resources !== undefined && !isDeepStrictEqual(resources, known.resources)) ||
		(image !== undefined && image !== known.image) ||
		(providerId !== undefined && providerId.toLowerCase() !== known.provider.id);
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

/** What there is when nobody waits any more. */
export type Remainder = {text: string; hint: string | undefined};

/** Tells what there is of a VM whose creation was cut short, and what can be done about it. */
export async function describeRemainder(requestor: Requestor, name: string): Promise<Remainder> {
	const rental = await (await requestor.rentals()).get(name);
	if (!rental) {
		return {text: 'nothing was rented.', hint: undefined};
	}

	const {host, port} = rental.provider;
	return rental.vm_id === null
		? {
				text: `${host}:${port} was asked for ${name}, and may have it.`,
				hint: `Find out, and finish it, with: golem vm create ${name} — end it with: golem vm destroy ${name}`,
			}
		: {
				text: `${name} was accepted by ${host}:${port}, which goes on with it.`,
				hint: `See it with: golem vm info ${name} — wait for it with: golem vm create ${name} — end it with: golem vm destroy ${name}`,
			};
}

async function outOfTime(requestor: Requestor, {name, timeoutMs}: RentOptions): Promise<GolemError> {
	const {text, hint} = await describeRemainder(requestor, name);
	return new GolemError('NET_001', `${name} was not ready in ${timeoutMs / 1000} s: ${text}`, {
		exitCode: exitCodes.timedOut,
		hint: hint ?? 'Give it more time with: --timeout SECONDS',
	});
}
