import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {type ControlClient, createControlClient} from '../../source/client/control-client.js';
import {createProviderClient, type ProviderClient} from '../../source/client/provider-client.js';
import {readOrCreateKeyFile} from '../../source/platform/identity-file.js';
import {golemPaths, type Paths} from '../../source/platform/paths.js';
import type {DaemonStatus} from '../../source/protocol/control.js';
import {exeUnitUplinkPrefix, exeUnitUplinksFolder} from '../../source/protocol/exe-unit.js';
import {createIdentity, createPrivateKey, type Identity} from '../../source/protocol/identity.js';
import {type Finished, type GolemOptions, type RunningGolem, runGolem, startGolem} from './golem.js';
import {provideImages} from './images.js';
import {removeWithProcesses} from './leftovers.js';
import {freePort, freePortRange} from './ports.js';
import {eventually} from './waiting.js';

type RunOptions = Omit<GolemOptions, 'home'>;

/** Somebody with a home of their own. */
export type Person = {
	home: string;
	paths: Paths;
	/** Their settings. */
	environment: Record<string, string>;
	golem(args: readonly string[], options?: RunOptions): Promise<Finished>;
	start(args: readonly string[], options?: RunOptions): RunningGolem;
};

/** A whole network of real processes on this machine: discovery, port checker, provider, and somebody who rents. */
export type Network = {
	/** Everything of this network is in it. */
	folder: string;
	provider: Person & {
		control: ControlClient;
		id: string;
		port: number;
		ports: {start: number; end: number};
		/** Starts it (again) and waits until it advertises. */
		run(): Promise<DaemonStatus>;
		/** Kills it as the system does when there is no memory left. */
		crash(): Promise<void>;
		/** The API, in the name of somebody. */
		as(identity: Identity): ProviderClient;
	};
	requestor: Person & {identity(): Promise<Identity>};
	/** Ends every process of it, VMs included, and deletes it. */
	tearDown(): Promise<void>;
};

/** What the provider offers: more than this machine has, so that no test depends on the machine. */
export const offered = {cpu: 8, memory: 16, storage: 200};

/** @param settings more of the provider's */
export async function startNetwork(settings: Record<string, string> = {}): Promise<Network> {
	const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'g-')));
	try {
		return await startNetworkIn(folder, settings);
	} catch (error) {
		await removeWithProcesses(folder);
		throw error;
	}
}

async function startNetworkIn(folder: string, settings: Record<string, string>): Promise<Network> {
	const providerHome = path.join(folder, 'p');
	const servicesHome = path.join(folder, 's');
	const requestorHome = path.join(folder, 'r');
	await Promise.all([provideImages(providerHome), fs.mkdir(servicesHome), fs.mkdir(requestorHome)]);
	const services = person(servicesHome, {
		DISCOVERY_HOST: '127.0.0.1',
		DISCOVERY_PORT: '0',
		DISCOVERY_ALLOW_PRIVATE: 'true',
		DISCOVERY_RATE_LIMIT_PER_MINUTE: '100000',
		PORT_CHECKER_HOST: '127.0.0.1',
		PORT_CHECKER_PORT: '0',
		PORT_CHECKER_RATE_LIMIT_PER_MINUTE: '100000',
	});
	const [discovery, portChecker] = await Promise.all(
		['discovery', 'port-checker'].map(async name => {
			const {json, stderr} = await services.golem([name, '--detach', '--json']);
			if (typeof json?.listening !== 'string') {
				throw new Error(`The ${name} did not start: ${stderr} ${JSON.stringify(json)}`);
			}

			return json.listening as string;
		}),
	);

	const ports = await freePortRange(16);
	const port = await freePort();
	const provider = person(providerHome, {
		GOLEM_PROVIDER_HOST: '127.0.0.1',
		GOLEM_PROVIDER_PORT: String(port),
		GOLEM_PROVIDER_PUBLIC_IP: '127.0.0.1',
		GOLEM_PROVIDER_DISCOVERY_URL: discovery ?? '',
		GOLEM_PROVIDER_PORT_CHECK_SERVERS: portChecker ?? '',
		GOLEM_PROVIDER_PORT_RANGE_START: String(ports.start),
		GOLEM_PROVIDER_PORT_RANGE_END: String(ports.end),
		GOLEM_PROVIDER_OFFER_CPU_CORES: String(offered.cpu),
		GOLEM_PROVIDER_OFFER_MEMORY_GB: String(offered.memory),
		GOLEM_PROVIDER_OFFER_STORAGE_GB: String(offered.storage),
		GOLEM_PROVIDER_RATE_LIMIT_PER_MINUTE: '100000',
		// A machine that runs tests is a busy one.
		GOLEM_PROVIDER_CPU_THRESHOLD: '100',
		GOLEM_PROVIDER_MEMORY_THRESHOLD: '100',
		GOLEM_PROVIDER_STORAGE_THRESHOLD: '100',
		...settings,
	});
	const requestor = person(requestorHome, {GOLEM_REQUESTOR_DISCOVERY_URL: discovery ?? ''});
	const control = createControlClient('provider', provider.paths.daemonSocket('provider'));

	async function run(): Promise<DaemonStatus> {
		const {exitCode, stdout, stderr} = await provider.golem(['provider', '--detach', '--json']);
		if (exitCode !== 0) {
			throw new Error(`The provider did not start: ${stdout} ${stderr}`);
		}

		return eventually(
			'the provider advertises',
			async () => {
				const status = await control.status();
				const advertising = status['advertising'] as Array<{advertised_at: string | null}>;
				return advertising[0]?.advertised_at ? status : undefined;
			},
			30_000,
		);
	}

	const {provider_id} = await run();
	const id = String(provider_id);
	return {
		folder,
		provider: {
			...provider,
			control,
			id,
			port,
			ports,
			run,
			async crash() {
				const {pid} = await control.status();
				process.kill(pid, 'SIGKILL');
				await eventually('the provider is gone', async () =>
					control.status().then(
						() => undefined,
						() => true,
					),
				);
			},
			as: identity => createProviderClient({id, host: '127.0.0.1', port}, identity),
		},
		requestor: {
			...requestor,
			identity: async () =>
				createIdentity(await readOrCreateKeyFile(requestor.paths.identity, createPrivateKey)),
		},
		async tearDown() {
			await removeWithProcesses(folder);
			await removeUplinks(provider.paths.providerVms);
		},
	};
}

/** Where passt listened for VMs that were killed with all the rest; it lies outside of every home. */
async function removeUplinks(vmsFolder: string): Promise<void> {
	const prefix = exeUnitUplinkPrefix(vmsFolder);
	const names = await fs.readdir(exeUnitUplinksFolder).catch(() => []);
	for (const name of names.filter(candidate => candidate.startsWith(prefix))) {
		await fs.rm(path.join(exeUnitUplinksFolder, name), {recursive: true, force: true});
	}
}

function person(home: string, environment: Record<string, string>): Person {
	const options = (more: RunOptions = {}) => ({
		...more,
		home,
		environment: {...environment, ...more.environment},
	});
	return {
		home,
		paths: golemPaths(home),
		environment,
		golem: (args, more) => runGolem(args, options(more)),
		start: (args, more) => startGolem(args, options(more)),
	};
}
