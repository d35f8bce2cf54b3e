import path from 'node:path';
import type {ProviderClient} from '../client/provider-client.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {readOrCreateKeyFile} from '../platform/identity-file.js';
import type {Paths} from '../platform/paths.js';
import {resolveSettings, type SettingSources} from '../platform/settings.js';
import type {Advertisement, AdvertisementQuery} from '../protocol/advertisement.js';
import type {Identity} from '../protocol/identity.js';
import {defaultProviderPort} from '../protocol/ports.js';
import type {Vm} from '../protocol/vm.js';
import {openRentals, type Rental, type Rentals} from './rentals.js';
import {requestorSettings} from './settings.js';
import {ensureSshKey, type SshKey} from './ssh-key.js';

/** The side that rents. Each part is opened when it is first needed: a list of VMs needs no SSH key. */
export type Requestor = {
	identity(): Promise<Identity>;
	sshKey(): Promise<SshKey>;
	sshFolder: string;
	rentals(): Promise<Rentals>;
	/** @throws VM_UNKNOWN */
	rental(name: string): Promise<Rental>;
	/** Writes down a new one. @throws VM_003 where there is one of that name, be it that another program begins it just now */
	remember(rental: Rental): Promise<void>;
	/** Those whose signature is their own. */
	findProviders(query: AdvertisementQuery, signal?: AbortSignal): Promise<Advertisement[]>;
	providerOf(rental: Pick<Rental, 'provider'>): Promise<ProviderClient>;
	/** The VM as its provider tells of it now. @throws VM_UNKNOWN, NOT_REACHABLE and what the provider says */
	ask(rental: Rental, signal?: AbortSignal): Promise<Vm>;
	/** May be called twice. */
	close(): Promise<void>;
};

const lockTimeoutMs = 5000;

export function createRequestor(paths: Paths, sources: SettingSources): Requestor {
	const {values: settings} = resolveSettings(requestorSettings, sources);
	const sshFolder = settings.sshFolder || paths.ssh;
	// What signs and what speaks is loaded when it is needed: a list without VMs needs neither.
	const identity = once(async () => {
		const {createIdentity, createPrivateKey} = await import('../protocol/identity.js');
		return createIdentity(await readOrCreateKeyFile(paths.identity, createPrivateKey));
	});
	const rentals = once(() =>
		openRentals(settings.database ? path.resolve(settings.database) : paths.rentals),
	);

	const providerOf = async ({provider}: Pick<Rental, 'provider'>) => {
		const {createProviderClient} = await import('../client/provider-client.js');
		return createProviderClient(provider, await identity());
	};

	return {
		identity,
		sshKey: once(() => ensureSshKey(sshFolder)),
		sshFolder,
		rentals,
		async rental(name) {
			const found = await (await rentals()).get(name);
			if (!found) {
				throw unknownVm(name);
			}

			return found;
		},
		async remember(rental) {
			const known = await rentals();
			// Of two programs that find the name free at once, the second would write over what the first has ordered by.
			const {waitForProcessLock} = await import('../platform/process-lock.js');
			const lock = await waitForProcessLock(path.join(paths.run, 'rentals.lock'), lockTimeoutMs);
			try {
				if (await known.get(rental.name)) {
					throw nameTaken(rental.name);
				}

				await known.set(rental.name, rental);
			} finally {
				await lock?.release();
			}
		},
		async findProviders(query, signal) {
			const {searchProviders} = await import('./provider-search.js');
			return (await searchProviders(settings.discoveryUrls, query, signal)).genuine;
		},
		providerOf,
		async ask(rental, signal) {
			return (await providerOf(rental)).get(confirmedId(rental), signal);
		},
		close: once(async () => {
			if (rentals.wasCalled()) {
				await (await rentals()).close();
			}
		}),
	};
}

/** Lends a requestor for as long as `use` takes, and closes what was opened. */
export async function withRequestor<Result>(
	{paths, sources}: {paths: Paths; sources: SettingSources},
	use: (requestor: Requestor) => Promise<Result>,
): Promise<Result> {
	const requestor = createRequestor(paths, sources);
	try {
		return await use(requestor);
	} finally {
		await requestor.close();
	}
}

/** @throws RENTAL_UNFINISHED where the provider has never said that it has the VM */
export function confirmedId({vm_id, name}: Rental): string {
	if (vm_id === null) {
		throw new GolemError('RENTAL_UNFINISHED', `The creation of ${name} was never confirmed.`, {
			exitCode: exitCodes.conflict,
			hint: `Finish it with: golem vm create ${name} — or forget it with: golem vm destroy ${name}`,
		});
	}

	return vm_id;
}

export function nameTaken(name: string): GolemError {
	return new GolemError('VM_003', `You have a VM named ${name} already.`, {
		exitCode: exitCodes.conflict,
		hint: `Go into it with: golem vm ssh ${name} — or choose another name.`,
	});
}

function unknownVm(name: string): GolemError {
	return new GolemError('VM_UNKNOWN', `You have no VM named ${name}.`, {
		exitCode: exitCodes.notFound,
		hint: 'See the ones you have with: golem vm list',
	});
}

/** Where the provider of an advertisement answers. */
export function addressOf({provider_id, ip_address, port}: Advertisement): Rental['provider'] {
	return {id: provider_id, host: ip_address, port: port ?? defaultProviderPort};
}

/** What has failed is tried anew by the next call: a dashboard is open for days, and what was in the way may be gone. */
function once<Value>(create: () => Promise<Value>): (() => Promise<Value>) & {wasCalled(): boolean} {
	let created: Promise<Value> | undefined;
	return Object.assign(
		() => {
			created ??= create().catch((error: unknown) => {
				created = undefined;
				throw error;
			});
			return created;
		},
		{wasCalled: () => created !== undefined},
	);
}
