import type {Vm} from '../protocol/vm.js';
import {refreshAccess} from './access.js';
import type {Rental} from './rentals.js';
import {confirmedId, type Requestor} from './requestor.js';

/** Turns a VM on or off. One that had failed may come up on another port, where `golem vm ssh` and plain ssh find it then. */
export async function switchPower(
	requestor: Requestor,
	rental: Rental,
	verb: 'start' | 'stop',
	signal: AbortSignal,
): Promise<Vm> {
	const provider = await requestor.providerOf(rental);
	const vm = await provider[verb](confirmedId(rental), signal);
	if (verb === 'start' && rental.access) {
		await refreshAccess(requestor, rental.name, await provider.access(vm.id, signal));
	}

	return vm;
}
