import fs from 'node:fs/promises';
import path from 'node:path';
import {exeUnitShortName} from '../../../source/protocol/exe-unit.js';
import {covers, subtractResources} from '../../../source/protocol/resources.js';
import type {Vm} from '../../../source/protocol/vm.js';
import {type Network, offered} from '../network.js';
import type {Owner} from './owner.js';
import {holders, type ProviderState, type ProviderVm, readBanner, sumOf} from './provider-state.js';
import type {Slot} from './slot.js';
import {findVmProcesses} from './vm-processes.js';

const settledStatuses = ['running', 'stopped', 'error'];

/** What is still under way. */
export async function findUnsettled(state: ProviderState): Promise<string[]> {
	return (await state.vms()).flatMap(({id, status, is_being_destroyed}) =>
		is_being_destroyed
			? [`${id} is still being destroyed`]
			: settledStatuses.includes(status)
				? []
				: [`${id} is still ${status}`],
	);
}

/** Everything that is not as it has to be when nothing is under way any more. */
export async function findFaults(
	network: Network,
	state: ProviderState,
	owners: readonly Owner[],
	slots: readonly Slot[],
): Promise<string[]> {
	const unsettled = await findUnsettled(state);
	if (unsettled.length > 0) {
		return unsettled;
	}

	const vms = await state.vms();
	const lists = await Promise.all(owners.map(({client}) => client.list()));
	return [
		...(await findReservationFaults(state, vms)),
		...findPromiseFaults(vms),
		...owners.flatMap((owner, index) => findListFaults(owner, lists[index] ?? [], vms, slots)),
		...(await findBannerFaults(lists.flat())),
		...(await findRemains(network, vms)),
	];
}

/** More promised than there is, or one port promised twice. That is never right, whatever is under way. */
export function findPromiseFaults(vms: readonly ProviderVm[]): string[] {
	const held = sumOf(holders(vms));
	const ports = holders(vms).map(({ssh_port}) => ssh_port);
	const twice = ports.filter((port, index) => ports.indexOf(port) !== index);
	return [
		...(covers(offered, held) ? [] : [`${JSON.stringify(held)} is promised, which is more than there is`]),
		...twice.map(port => `port ${port} is promised twice`),
	];
}

async function findReservationFaults(state: ProviderState, vms: readonly ProviderVm[]): Promise<string[]> {
	const {total, available} = await state.resources();
	const reserved = JSON.stringify(subtractResources(total, available));
	const held = JSON.stringify(sumOf(holders(vms)));
	return reserved === held ? [] : [`${reserved} is reserved, but the VMs hold ${held}`];
}

/** What an owner sees is what is theirs, and what they were promised is there. */
function findListFaults(
	owner: Owner,
	seen: readonly Vm[],
	vms: readonly ProviderVm[],
	slots: readonly Slot[],
): string[] {
	const idsOf = (some: ReadonlyArray<{id: string}>) =>
		some
			.map(({id}) => id)
			.sort()
			.join(' ');
	const own = vms.filter(vm => vm.owner === owner.identity.id);
	const beliefs = slots.filter(slot => slot.owner === owner).map(slot => slot.belief());
	const believed = beliefs.flatMap(belief => (belief.kind === 'present' ? [belief] : []));
	const open = beliefs.filter(({kind}) => kind === 'ordered' || kind === 'ending').length;
	return [
		...(idsOf(seen) === idsOf(own) ? [] : [`${owner.name} sees ${idsOf(seen)}, but has ${idsOf(own)}`]),
		...(idsOf(seen) === idsOf(believed)
			? []
			: [`${owner.name} was promised ${idsOf(believed) || 'none'}, but sees ${idsOf(seen) || 'none'}`]),
		...(open > 0 ? [`${owner.name} still does not know of ${open} VMs`] : []),
	];
}

async function findBannerFaults(vms: readonly Vm[]): Promise<string[]> {
	const running = vms.filter(({status}) => status === 'running');
	const faults = await Promise.all(
		running.map(async ({id, ssh_port}) => {
			const banner = await readBanner(ssh_port ?? 0);
			return banner.startsWith('SSH-2.0-') ? [] : [`${id} runs, but greets on ${ssh_port} with «${banner}»`];
		}),
	);
	return faults.flat();
}

/** Each VM has the processes, the folder and the sockets it should have, and there are no others. */
async function findRemains({folder, provider}: Network, vms: readonly ProviderVm[]): Promise<string[]> {
	const [processes, folders, sockets] = await Promise.all([
		findVmProcesses(folder),
		fs.readdir(provider.paths.providerVms),
		fs.readdir(path.join(provider.paths.run, 'vm')).catch(() => []),
	]);
	const count = (kind: string, id: string) =>
		processes.filter(process => process.kind === kind && process.vmId === id).length;
	const ids = new Set(vms.map(({id}) => id));
	const shortNames = new Set([...ids].map(exeUnitShortName));
	return [
		...vms.flatMap(({id, status}) => {
			const wanted = {'exe-unit': status === 'error' ? 0 : 1, vm: status === 'running' ? 1 : 0};
			return Object.entries(wanted).flatMap(([kind, number]) =>
				count(kind, id) === number
					? []
					: [`${id} is ${status}, but has ${count(kind, id)} processes ${kind}`],
			);
		}),
		...processes
			.filter(({vmId}) => !ids.has(vmId))
			.map(({pid, kind, vmId}) => `process ${pid}, the ${kind} of ${vmId}, belongs to nobody`),
		...folders.filter(id => !ids.has(id)).map(id => `the folder of ${id} belongs to nobody`),
		...[...ids].filter(id => !folders.includes(id)).map(id => `${id} has no folder`),
		...sockets
			.filter(file => !shortNames.has(file.replace(/\..*$/, '')))
			.map(file => `run/vm/${file} belongs to nobody`),
	];
}
