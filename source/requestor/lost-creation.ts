import {exitCodes, GolemError} from '../platform/golem-error.js';
import {pollUntil} from '../platform/waiting.js';
import {withHint} from './refusals.js';
import type {Rental} from './rentals.js';
import type {Requestor} from './requestor.js';

/** Who gives a VM back forgets it when its provider has ended it, which whoever waits for the VM notices first. */
const forgettingMs = 2000;
const lookMs = 50;

/** Is it still the VM of that order that is rented by that name? */
export async function isStillRented(requestor: Requestor, {name, idempotency_key}: Rental): Promise<boolean> {
	return (await (await requestor.rentals()).get(name))?.idempotency_key === idempotency_key;
}

/** What another program did with a VM (`golem vm purge`) while this one waited for it. */
export function givenBack({name}: Rental): GolemError {
	return new GolemError('RENTAL_ENDED', `${name} was given back while it was being created.`, {
		exitCode: exitCodes.conflict,
		hint: `If it was not you, see who else uses this home. Rent it again with: golem vm create ${name}`,
	});
}

/** Tells of a creation that is waited for, and of which its provider says nothing good, what became of it. */
export function explainLoss(requestor: Requestor, rental: Rental, signal: AbortSignal) {
	return async (error: unknown): Promise<never> => {
		if (signal.aborted || !(error instanceof GolemError) || rental.vm_id === null) {
			throw error;
		}

		const {name, provider} = rental;
		const isUnknownThere = error.code === 'VM_002';
		const isForgotten = await pollUntil(
			async () => ((await isStillRented(requestor, rental)) ? undefined : true),
			{timeoutMs: isUnknownThere ? forgettingMs : 0, intervalMs: lookMs, signal},
		);
		if (isForgotten) {
			throw givenBack(rental);
		}

		if (isUnknownThere) {
			throw new GolemError(
				'VM_002',
				`The provider ${provider.id} (${provider.host}:${provider.port}) had accepted ${name}, and knows nothing of it any more.`,
				{
					exitCode: exitCodes.notFound,
					hint: `Forget it with: golem vm destroy ${name}`,
					cause: error,
				},
			);
		}

		throw saysNothing(error)
			? withHint(
					error,
					`It was accepted, and may go on. Wait for it with: golem vm create ${name} — end it with: golem vm destroy ${name}`,
				)
			: error;
	};
}

/** Nobody answered, or nothing that means anything. */
function saysNothing({code}: GolemError): boolean {
	return /^(?:NOT_REACHABLE|NET_001|BAD_ANSWER|SRV_\d+)$/.test(code);
}
