import fs from 'node:fs/promises';
import {GolemError} from '../platform/golem-error.js';
import {mustListen} from './reachability.js';
import type {Rental} from './rentals.js';
import type {Requestor} from './requestor.js';
import {knownHostsFile} from './ssh.js';
import {refreshSshConfig} from './ssh-config.js';

/** Gives a VM back and forgets it. One that its provider does not know any more is only forgotten. */
export async function destroyRental(
	requestor: Requestor,
	rental: Rental,
	signal?: AbortSignal,
): Promise<void> {
	const provider = await requestor.providerOf(rental);
	try {
		// By name where the provider's answer never came: it may have the VM all the same.
		await provider.destroy(rental.vm_id ?? rental.name, signal);
	} catch (error) {
		if (!(error instanceof GolemError && error.code === 'VM_002')) {
			throw error;
		}
	}

	await forgetRental(requestor, rental);
}

/** `forgotten`: nobody could be asked to end it, and it is only not known here any more. */
export type Ending = {status: 'deleted'} | {status: 'forgotten'; reason: GolemError};

/**
Gives a VM back.
@param isForced where its provider cannot be asked, forget it all the same
@throws what the provider says; NOT_REACHABLE soon, where nobody is there
*/
export async function endRental(
	requestor: Requestor,
	rental: Rental,
	{isForced, signal}: {isForced: boolean; signal: AbortSignal},
): Promise<Ending> {
	try {
		await mustListen(rental.provider, signal);
		await destroyRental(requestor, rental, signal);
		return {status: 'deleted'};
	} catch (error) {
		if (!(error instanceof GolemError) || signal.aborted || !nobodyToAsk(error)) {
			throw error;
		}

		if (!isForced) {
			throw new GolemError(error.code, error.message, {
				exitCode: error.exitCode,
				details: error.details,
				hint: `It may be back soon. To forget ${rental.name} without it: golem vm destroy ${rental.name} --force`,
				cause: error,
			});
		}

		await forgetRental(requestor, rental);
		return {status: 'forgotten', reason: error};
	}
}

/** Nobody is there, or somebody else: the provider itself would know us and what we say. */
function nobodyToAsk({code}: GolemError): boolean {
	return /^(?:NOT_REACHABLE|NET_001|BAD_ANSWER|SRV_002|AUTH_\d+)$/.test(code);
}

async function forgetRental(requestor: Requestor, {name}: Rental): Promise<void> {
	await (await requestor.rentals()).delete(name);
	await fs.rm(knownHostsFile(requestor.sshFolder, name), {force: true});
	await refreshSshConfig(requestor);
}
