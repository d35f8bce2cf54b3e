import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {textTable} from '../../command-line/text-table.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import type {Rental} from '../../requestor/rentals.js';
import {type Requestor, withRequestor} from '../../requestor/requestor.js';

/** A VM that does not answer is not worth waiting for in a list. */
const askTimeoutMs = 5000;

const definition = command({
	description: 'List your VMs',
	args: z.tuple([]),
	options: z.object({}),
	examples: ['golem vm list', 'golem vm list --json'],
	async run(context) {
		const {result, signal} = context;
		return withRequestor(context, async requestor => {
			const rentals = (await (await requestor.rentals()).entries()).map(([, rental]) => rental);
			const vms = await Promise.all(rentals.map(rental => describeRental(requestor, rental, signal)));
			result(
				vms,
				() =>
					vms.length === 0
						? 'You have no VMs. Rent one with: golem vm create my-vm'
						: textTable(
								['NAME', 'STATUS', 'CPU', 'MEMORY', 'STORAGE', 'SSH', 'PROVIDER'],
								vms.map(({name, status, resources, ip_address, ssh_port, provider_id}) => [
									name,
									status,
									String(resources.cpu),
									`${resources.memory} GB`,
									`${resources.storage} GB`,
									ip_address && ssh_port ? `${ip_address}:${ssh_port}` : '-',
									provider_id,
								]),
							),
				() => vms.map(({name}) => name),
			);
			return exitCodes.done;
		});
	},
});

/** What the provider says of it now; where it says nothing, that. */
async function describeRental(requestor: Requestor, rental: Rental, signal: AbortSignal) {
	const known = {
		name: rental.name,
		id: rental.vm_id,
		provider_id: rental.provider.id,
		resources: rental.resources,
		image: rental.image,
		ip_address: rental.access?.ssh_host ?? null,
		ssh_port: rental.access?.ssh_port ?? null,
		created_at: rental.created_at,
	};
	try {
		const vm = await requestor.ask(rental, AbortSignal.any([signal, AbortSignal.timeout(askTimeoutMs)]));
		return {
			...known,
			status: vm.status as string,
			image: vm.image,
			ip_address: vm.ip_address,
			ssh_port: vm.ssh_port,
			error_message: vm.error_message,
		};
	} catch (error) {
		signal.throwIfAborted();
		const code = error instanceof GolemError ? error.code : undefined;
		const status = code === 'VM_002' ? 'gone' : code === 'RENTAL_UNFINISHED' ? 'unconfirmed' : 'unreachable';
		return {...known, status, error_message: error instanceof Error ? error.message : String(error)};
	}
}

export const {description, args, options} = definition;
export default definition;
