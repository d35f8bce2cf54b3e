import fs from 'node:fs/promises';
import path from 'node:path';
import {GolemError} from '../platform/golem-error.js';
import type {Rental} from './rentals.js';
import type {Requestor} from './requestor.js';

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

	await (await requestor.rentals()).delete(rental.name);
	await fs.rm(path.join(requestor.sshFolder, `known_hosts.${rental.name}`), {force: true});
}
