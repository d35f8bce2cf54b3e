import fs from 'node:fs/promises';
import path from 'node:path';
import {createHttpClient} from '../../source/client/http-client.js';
import {readFileIfThere} from '../../source/platform/files.js';
import {isProcessAlive} from '../../source/platform/process.js';
import {type ExeUnitStatus, exeUnitStatusSchema} from '../../source/protocol/exe-unit.js';
import type {Resources} from '../../source/protocol/resources.js';
import {openRentals, type Rental, type Rentals} from '../../source/requestor/rentals.js';
import {send} from './http.js';
import {processesOf} from './leftovers.js';
import type {Network} from './network.js';

/** What is so on a network, looked at from the inside: what its provider holds, what is on disk, what runs. */
export function inspect(network: Network) {
	const control = <Value>(route: string): Promise<Value> =>
		send({socket: network.provider.paths.daemonSocket('provider')}, {path: route}).then(({json}) => json);

	async function withRentals<Result>(use: (rentals: Rentals) => Promise<Result>): Promise<Result> {
		const rentals = await openRentals(network.requestor.paths.rentals);
		try {
			return await use(rentals);
		} finally {
			await rentals.close();
		}
	}

	async function rentalOf(name: string): Promise<Rental> {
		const rental = await withRentals(rentals => rentals.get(name));
		if (!rental) {
			throw new Error(`There is no rental ${name}.`);
		}

		return rental;
	}

	return {
		withRentals,
		rentalOf,
		idOf: async (name: string) => String((await rentalOf(name)).vm_id),
		async vms(): Promise<Array<[id: string, status: string]>> {
			const vms = await control<Array<{id: string; status: string}>>('/v1/vms');
			return vms.map(({id, status}) => [id, status]);
		},
		resources: () => control<{available: Resources}>('/v1/resources'),
		vmFolders: () => fs.readdir(network.provider.paths.providerVms),
		sockets: () => fs.readdir(path.join(network.provider.paths.run, 'vm')),
		/** Supervisors and QEMUs. */
		async vmProcesses() {
			return (await processesOf(network.folder)).filter(({commandLine}) =>
				/exe-unit|qemu-system/.test(commandLine),
			);
		},
		async vmProcess(vmId: string): Promise<number | undefined> {
			const file = path.join(network.provider.paths.providerVms, vmId, 'qemu.pid');
			const pid = Number(await readFileIfThere(file));
			return pid && (await isProcessAlive(pid, vmId)) ? pid : undefined;
		},
		/** What the one supervisor says. */
		async exeUnitStatus(): Promise<ExeUnitStatus> {
			const folder = path.join(network.provider.paths.run, 'vm');
			const [socket = ''] = (await fs.readdir(folder)).filter(file => file.endsWith('.sock'));
			const client = createHttpClient({target: {socket: path.join(folder, socket)}, name: 'the exe-unit'});
			return client.send('GET', '/v1/status', exeUnitStatusSchema, {timeoutMs: 2000});
		},
	};
}
