import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {Advertisement} from '../protocol/advertisement.js';
import {shortOfSomething, type Wishes} from './provider-choice.js';
import {neverConnected} from './reachability.js';

/** Somebody who was asked, and why it came to nothing. */
export type Refusal = {candidate: Advertisement; error: GolemError};

/**
Did the provider decide against it, or never hear of it, as opposed to: nobody knows what it did? Of an order that was
sent before, a refusal to listen says nothing.
*/
export function isRefusal(error: GolemError, {isRepeated}: {isRepeated: boolean}): boolean {
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
export function isWorthAnother({code}: GolemError): boolean {
	return /^(?:RES_\d+|ADV_002|IMG_001|NET_001|NET_003|NOT_REACHABLE|RATE_001)$/.test(code);
}

/** A refusal in some words, for a line of progress. */
export function reasonOf({code}: GolemError): string {
	const reasons: Record<string, string> = {
		ADV_002: 'has no VMs that small',
		IMG_001: 'does not have the image',
		NET_003: 'has no port left',
		RATE_001: 'has too much to answer',
	};
	return reasons[code] ?? (code.startsWith('RES_') ? `has no room (${code})` : 'cannot be reached');
}

export function noneTookIt(name: string, refusals: readonly Refusal[]): GolemError {
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

export function nobodyFits(found: readonly Advertisement[], wishes: Wishes): GolemError {
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

export function withHint(error: GolemError, hint: string): GolemError {
	return new GolemError(error.code, error.message, {
		exitCode: error.exitCode,
		hint,
		details: error.details,
		cause: error.cause,
	});
}
