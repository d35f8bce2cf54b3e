import type {ProviderClient} from '../../../source/client/provider-client.js';
import type {Identity} from '../../../source/protocol/identity.js';
import type {Vm} from '../../../source/protocol/vm.js';
import type {Journal} from './journal.js';

/** Somebody who rents, and every VM that was ever acknowledged to them. */
export type Owner = {
	name: string;
	identity: Identity;
	client: ProviderClient;
	vmIds: Set<string>;
};

/** @returns undefined where the provider did not answer */
export async function listVms({name, client}: Owner, journal: Journal): Promise<Vm[] | undefined> {
	const {value} = await journal.attempt(
		`${name} list`,
		[],
		signal => client.list(signal),
		vms => vms.map(describeVm).join(', ') || 'none',
	);
	return value;
}

/** Tries to get at the latest VMs of others. Nobody may even learn that there are any. */
export async function trespass(owner: Owner, others: readonly Owner[], journal: Journal): Promise<void> {
	const {name, client} = owner;
	for (const other of others) {
		for (const id of [...other.vmIds].slice(-2)) {
			for (const verb of ['get', 'stop', 'destroy'] as const) {
				const what = `${name} ${verb} ${id}, which is ${other.name}’s`;
				const {code} = await journal.attempt<unknown>(what, ['VM_002'], signal => client[verb](id, signal));
				if (code === undefined) {
					journal.accuse(`${what}: it was let in`);
				}
			}
		}

		const seen = (await listVms(owner, journal)) ?? [];
		for (const {id} of seen.filter(vm => other.vmIds.has(vm.id))) {
			journal.accuse(`${name} sees ${id}, which is ${other.name}’s`);
		}
	}
}

export function describeVm({id, status, ssh_port}: Vm): string {
	return `${id} ${status} ${ssh_port ?? '-'}`;
}
