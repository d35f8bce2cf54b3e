import type {ExecutionContext} from 'ava';
import {golemPaths} from '../../../../source/platform/paths.js';
import {openRentals, type Rental} from '../../../../source/requestor/rentals.js';
import {type Finished, type GolemOptions, runGolem, startGolem} from '../../../support/golem.js';
import {alice} from '../../../support/identities.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';

/** Somebody who rents, with a home of their own. */
export async function renter(t: ExecutionContext, discoveryUrl = 'http://127.0.0.1:1') {
	const home = await temporaryFolder(t);
	const environment = {GOLEM_REQUESTOR_DISCOVERY_URL: discoveryUrl};
	const options = (more: Partial<GolemOptions>) => ({home, environment, ...more});
	return {
		home,
		environment,
		golem: (args: readonly string[], more: Partial<GolemOptions> = {}): Promise<Finished> =>
			runGolem(args, options(more)),
		start: (args: readonly string[], more: Partial<GolemOptions> = {}) => startGolem(args, options(more)),
		/** What is remembered of that VM. */
		rentals: async (): Promise<Rental[]> => {
			const store = await openRentals(golemPaths(home).rentals);
			try {
				return (await store.entries()).map(([, rental]) => rental);
			} finally {
				await store.close();
			}
		},
		remember: async (...rentals: Rental[]): Promise<void> => {
			const store = await openRentals(golemPaths(home).rentals);
			for (const rental of rentals) {
				await store.set(rental.name, rental);
			}

			await store.close();
		},
	};
}

export const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICetOz34Y9mvrDAKVf3GHbaKheY0xLitd1x5HJdyomBj';

/** A VM that was rented from whoever listens on that port. */
export function rented(name: string, port: number, change: Partial<Rental> = {}): Rental {
	return {
		name,
		provider: {id: alice.id, host: '127.0.0.1', port},
		resources: {cpu: 1, memory: 1, storage: 10},
		image: null,
		idempotency_key: `key of ${name}`,
		vm_id: `golem-${name}`,
		job_id: 'job-1',
		access: {
			ssh_host: '127.0.0.1',
			ssh_port: 50_800,
			ssh_user: 'ubuntu',
			ssh_host_keys: [hostKey],
			vm_id: `golem-${name}`,
			multipass_name: null,
		},
		created_at: '2026-01-01T00:00:00.000Z',
		...change,
	};
}

/** A VM as its provider tells of it. */
export const told = (name: string, status = 'running') => ({
	id: `golem-${name}`,
	name,
	status,
	ip_address: '127.0.0.1',
	ssh_port: 50_800,
	resources: {cpu: 1, memory: 1, storage: 10},
	image: 'micro',
	created_at: '2026-01-01T00:00:00.000Z',
	updated_at: '2026-01-01T00:00:00.000Z',
	error_message: null,
});
