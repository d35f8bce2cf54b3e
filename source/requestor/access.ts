import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {VmAccess} from '../protocol/vm.js';
import type {Rental} from './rentals.js';
import type {Requestor} from './requestor.js';
import {refreshSshConfig} from './ssh-config.js';

/**
How to get into a VM. What was learnt when it was rented is enough, so that its provider need not be there; only a VM
whose creation was not waited for is asked about.
*/
export async function findAccess(
	requestor: Requestor,
	rental: Rental,
	signal?: AbortSignal,
): Promise<VmAccess> {
	if (rental.access) {
		return rental.access;
	}

	const vm = await requestor.ask(rental, signal);
	if (vm.status !== 'running') {
		throw new GolemError('VM_004', `${rental.name} is ${vm.status}; there is no way in yet.`, {
			exitCode: exitCodes.conflict,
			hint: `See how it is with: golem vm info ${rental.name}`,
		});
	}

	const access = await (await requestor.providerOf(rental)).access(vm.id, signal);
	const rentals = await requestor.rentals();
	// It may have been given back in the meantime.
	const known = await rentals.get(rental.name);
	if (known?.vm_id === rental.vm_id) {
		await rentals.set(rental.name, {...rental, access});
		await refreshSshConfig(requestor);
	}

	return access;
}

/**
Notes where a VM is now, in golem's SSH configuration too. Its host keys stay the ones that were given when it was
rented: what has others is another VM.
*/
export async function refreshAccess(
	requestor: Requestor,
	name: string,
	{ssh_host, ssh_port}: Pick<VmAccess, 'ssh_host' | 'ssh_port'>,
): Promise<void> {
	const rentals = await requestor.rentals();
	// It may have been given back in the meantime.
	const rental = await rentals.get(name);
	const known = rental?.access;
	if (!known || (known.ssh_host === ssh_host && known.ssh_port === ssh_port)) {
		return;
	}

	await rentals.set(name, {...rental, access: {...known, ssh_host, ssh_port}});
	await refreshSshConfig(requestor);
}
