import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {fittedTable} from '../../command-line/fitted-table.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import {printable} from '../../platform/printable.js';
import {shortId} from '../../protocol/short-id.js';
import type {Rental} from '../../requestor/rentals.js';
import {type Requestor, withRequestor} from '../../requestor/requestor.js';

/** A VM that does not answer is not worth waiting for in a list. */
const askTimeoutMs = 5000;

const definition = command({
	description: 'List your VMs',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['vm-list'],
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
						: [table(vms), ...vms.flatMap(remarkOn)].join('\n'),
				() => vms.map(({name}) => name),
			);
			return exitCodes.done;
		});
	},
});

type ListedVm = Awaited<ReturnType<typeof describeRental>>;

function table(vms: readonly ListedVm[]): string {
	return fittedTable(
		[
			{title: 'NAME', cell: ({name}) => name, narrowest: 16},
			{title: 'STATUS', cell: ({status}) => status},
			{title: 'CPU', cell: ({resources}) => String(resources.cpu), rank: 2},
			{title: 'MEMORY', cell: ({resources}) => `${resources.memory} GB`, rank: 2},
			{title: 'STORAGE', cell: ({resources}) => `${resources.storage} GB`, rank: 1},
			{
				title: 'SSH',
				cell: ({ip_address, ssh_port}) => (ip_address && ssh_port ? `${ip_address}:${ssh_port}` : '-'),
				narrowest: 21,
				rank: 4,
			},
			{
				title: 'PROVIDER',
				cell: ({provider_id}) => provider_id,
				short: ({provider_id}) => shortId(provider_id),
				rank: 3,
			},
		],
		vms,
	);
}

/** Why a VM is as it is, and what can be done about it, where that is not what its owner wants. */
function remarkOn({name, status, error_message}: ListedVm): string[] {
	const advice: Record<string, string> = {
		error: `See it with: golem vm info ${name} — try again with: golem vm start ${name}`,
		gone: `Its provider does not know it any more. Forget it with: golem vm destroy ${name}`,
		unconfirmed: `Finish it with: golem vm create ${name} — or end it with: golem vm destroy ${name}`,
		unreachable: `It may run all the same: golem vm ssh ${name} — forget it with: golem vm destroy ${name} --force`,
	};
	const told = advice[status];
	const why = status === 'gone' || !error_message ? '' : `${printable(error_message)}\n    `;
	return told === undefined && why === '' ? [] : [`  ${name}: ${why}${told ?? ''}`.trimEnd()];
}

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
	const deadline = new AbortController();
	// A bare timeout signal may be collected as garbage while it is only part of another one, and never fires then.
	const timer = setTimeout(() => deadline.abort(), askTimeoutMs);
	try {
		const vm = await requestor.ask(rental, AbortSignal.any([signal, deadline.signal]));
		return {
			...known,
			status: String(vm.status),
			image: vm.image,
			ip_address: vm.ip_address,
			ssh_port: vm.ssh_port,
			error_message: vm.error_message,
		};
	} catch (error) {
		signal.throwIfAborted();
		const message = error instanceof Error ? error.message : String(error);
		return {
			...known,
			status: statusAfter(error, deadline.signal.aborted),
			error_message: deadline.signal.aborted
				? `The provider ${rental.provider.id} did not answer in ${askTimeoutMs / 1000} s.`
				: message,
		};
	} finally {
		clearTimeout(timer);
	}
}

/** `unknown`: its provider is there, and does not say. */
function statusAfter(error: unknown, isLate: boolean): string {
	const code = error instanceof GolemError ? error.code : '';
	return isLate ? 'unreachable' : (statusesByCode.get(code) ?? 'unknown');
}

/** No object, in which a code of somebody else's making could find what every object has. */
const statusesByCode = new Map([
	['VM_002', 'gone'],
	['RENTAL_UNFINISHED', 'unconfirmed'],
	['NOT_REACHABLE', 'unreachable'],
	['NET_001', 'unreachable'],
]);

export const {description, args, options} = definition;
export default definition;
