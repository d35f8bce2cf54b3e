import fs from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {type ControlClient, createControlClient} from '../../source/client/control-client.js';
import {type DaemonName, golemPaths} from '../../source/platform/paths.js';
import type {DaemonStatus, PortsReport} from '../../source/protocol/control.js';
import {exeUnitUplinkPrefix, exeUnitUplinksFolder} from '../../source/protocol/exe-unit.js';
import {typescriptArguments} from './child-process.js';
import {type Finished, golemEnvironment, golemProgram} from './golem.js';
import {provideImages} from './images.js';
import {removeWithProcesses} from './leftovers.js';
import type {PortWorld, WorldProcess} from './port-world.js';
import type {Machine} from './port-world-machines.js';
import {eventually} from './waiting.js';

/** A daemon on a machine of a world. */
export type WorldDaemon = WorldProcess & {control: ControlClient};

/** A provider at home. */
export type WorldProvider = {
	home: string;
	control: ControlClient;
	status(): Promise<DaemonStatus>;
	/** What is known of the ports as soon as no verification is under way. */
	report(timeoutMs?: number): Promise<PortsReport>;
	/** The same after one more. */
	verify(timeoutMs?: number): Promise<PortsReport>;
	/** Kills it as the system does when there is no memory left. */
	crash(): Promise<void>;
	/** Starts it again. */
	run(): Promise<void>;
	/** Ends it and its VMs. */
	remove(): Promise<void>;
};

const strangers = fileURLToPath(new URL('processes/port-strangers.ts', import.meta.url));
const generous = '100000';

/** Starts a daemon, compiled as it is installed, and waits until it says how it is. */
export async function startWorldDaemon(
	world: PortWorld,
	machine: Machine,
	name: DaemonName,
	{home, environment}: {home: string; environment: Record<string, string>},
): Promise<WorldDaemon> {
	await fs.mkdir(home, {recursive: true});
	const entry = path.join(path.dirname(golemProgram), '../daemons', name, 'main.js');
	const running = world.start(machine, [entry], golemEnvironment({home, environment}));
	const control = createControlClient(name, golemPaths(home).daemonSocket(name));
	await eventually(
		`the ${name} answers`,
		() => {
			if (running.hasEnded()) {
				throw new Error(`The ${name} ended while starting:\n${running.stderr()}`);
			}

			return control.status().catch(() => undefined);
		},
		20_000,
	);
	return {...running, control};
}

/** @returns the checker with the URL that providers know it by */
export async function startWorldChecker(
	world: PortWorld,
	machine: 'checker-1' | 'checker-2',
	{port = 9000, environment = {}}: {port?: number; environment?: Record<string, string>} = {},
): Promise<WorldDaemon & {url: string}> {
	const daemon = await startWorldDaemon(world, machine, 'port-checker', {
		home: path.join(world.folder, `${machine}-${port}`),
		environment: {
			PORT_CHECKER_PORT: String(port),
			PORT_CHECKER_RATE_LIMIT_PER_MINUTE: generous,
			...environment,
		},
	});
	return {...daemon, url: `http://${world.addresses[machine]}:${port}`};
}

/** @param settings more of the provider's */
export async function startWorldProvider(
	world: PortWorld,
	name: string,
	settings: Record<string, string>,
): Promise<WorldProvider> {
	const home = path.join(world.folder, name);
	await provideImages(home);
	const environment = {
		GOLEM_PROVIDER_PUBLIC_IP: 'auto',
		GOLEM_PROVIDER_PUBLIC_IP_SERVICES: '',
		GOLEM_PROVIDER_OFFER_CPU_CORES: '8',
		GOLEM_PROVIDER_OFFER_MEMORY_GB: '16',
		GOLEM_PROVIDER_OFFER_STORAGE_GB: '200',
		GOLEM_PROVIDER_RATE_LIMIT_PER_MINUTE: generous,
		// A machine that runs tests is a busy one.
		GOLEM_PROVIDER_CPU_THRESHOLD: '100',
		GOLEM_PROVIDER_MEMORY_THRESHOLD: '100',
		GOLEM_PROVIDER_STORAGE_THRESHOLD: '100',
		...settings,
	};
	const start = () => startWorldDaemon(world, 'home', 'provider', {home, environment});
	let running = await start();
	const {control} = running;
	const report = (timeoutMs = 10_000, since = 0) =>
		eventually(
			`the ports of ${name} are verified`,
			async () => {
				const found = await control.ports();
				const {phase, started_at, finished_at} = found.verification;
				const isDone = phase === 'done' && finished_at !== null && Date.parse(started_at ?? '') >= since;
				return isDone ? found : undefined;
			},
			timeoutMs,
		);
	return {
		home,
		control,
		status: () => control.status(),
		report,
		async verify(timeoutMs) {
			await report(timeoutMs);
			const askedAt = Date.now();
			await control.verifyPorts();
			return report(timeoutMs, askedAt);
		},
		crash: () => running.kill(),
		async run() {
			running = await start();
		},
		async remove() {
			await removeWithProcesses(home);
			await removeUplinks(golemPaths(home).providerVms);
		},
	};
}

/** Strangers by their ports; see `processes/port-strangers.ts`. */
export async function startStrangers(
	world: PortWorld,
	machine: Machine,
	manners: Record<number, string>,
): Promise<WorldProcess> {
	const running = world.start(machine, [...typescriptArguments, strangers, JSON.stringify(manners)]);
	await running.printed('ready');
	return running;
}

/** Runs `golem` on that machine, to its end. */
export async function runGolemOn(
	world: PortWorld,
	machine: Machine,
	args: readonly string[],
	{home, environment = {}}: {home: string; environment?: Record<string, string>},
): Promise<Finished> {
	await fs.mkdir(home, {recursive: true});
	const [program, ...words] = [...world.on(machine), process.execPath, golemProgram, ...args];
	const {exitCode, stdout, stderr} = await execa(program, words, {
		reject: false,
		extendEnv: false,
		env: golemEnvironment({home, environment}),
		cwd: home,
		stdin: 'ignore',
		stripFinalNewline: false,
		timeout: 120_000,
	});
	return {exitCode: exitCode ?? -1, stdout, stderr, json: stdout.startsWith('{') ? JSON.parse(stdout) : {}};
}

/** Where passt listened for VMs that were killed; it lies outside of every home. */
async function removeUplinks(vmsFolder: string): Promise<void> {
	const names = await fs.readdir(exeUnitUplinksFolder).catch(() => []);
	for (const name of names.filter(candidate => candidate.startsWith(exeUnitUplinkPrefix(vmsFolder)))) {
		await fs.rm(path.join(exeUnitUplinksFolder, name), {recursive: true, force: true});
	}
}
