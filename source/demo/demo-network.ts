import fs from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {createHttpClient} from '../client/http-client.js';
import {daemonEnvironment, findDaemon, startDaemon, stopDaemon} from '../daemon-control/daemon-control.js';
import {ensurePrivateFolder, readFileIfThere, writeFileAtomically} from '../platform/files.js';
import {GolemError} from '../platform/golem-error.js';
import {type DaemonName, golemPaths, type Paths} from '../platform/paths.js';
import {findProcesses, isProcessAlive, killProcess} from '../platform/process.js';
import {pollUntil} from '../platform/waiting.js';
import type {DaemonStatus} from '../protocol/control.js';
import {exeUnitProcessFiles, exeUnitShortName} from '../protocol/exe-unit.js';

const verificationTimeoutMs = 30_000;
const teardownTimeoutMs = 15_000;
/** Ports for VMs of the demo; somewhere in the range a system leaves to its users. */
const portRangeSize = 16;

/** A whole network on this machine, in a home of its own inside the user's. */
export type DemoNetwork = {
	paths: Paths;
	/** Starts one daemon after the other; what each is told, it is told by flags, which beat any setting. */
	start(onStep: (step: string, message: string) => void, signal: AbortSignal): Promise<void>;
	/** Ends every process of this home, VMs included, and deletes the home. Also after a kill. */
	tearDown(): Promise<void>;
	isRunning(): Promise<boolean>;
};

export function createDemoNetwork(userPaths: Paths): DemoNetwork {
	const paths = golemPaths(path.join(userPaths.home, 'demo'));
	const start = (name: DaemonName, flags: Record<string, unknown>, signal: AbortSignal) =>
		startDaemon(name, paths, daemonEnvironment(paths, {host: '127.0.0.1', port: 0, ...flags}), signal);

	return {
		paths,
		isRunning: async () => (await findDaemon('provider', paths)) !== undefined,

		async start(onStep, signal) {
			await ensurePrivateFolder(paths.home);
			await fs.symlink(userPaths.images, paths.images);
			onStep('discovery', 'Starting discovery');
			const discovery = await start('discovery', {allowPrivate: true}, signal);
			onStep('port-checker', 'Starting the port checker');
			const portChecker = await start('port-checker', {}, signal);
			onStep('provider', 'Starting the provider');
			const firstPort = 30_000 + Math.floor(Math.random() * 2000);
			await start(
				'provider',
				{
					publicIp: '127.0.0.1',
					name: 'demo-provider',
					discoveryUrls: [discovery.status.listening],
					portCheckServers: [portChecker.status.listening],
					portRangeStart: firstPort,
					portRangeEnd: firstPort + portRangeSize,
					// Who wants to see it wants to see it now, however busy the machine is.
					cpuThreshold: 100,
					memoryThreshold: 100,
					storageThreshold: 100,
				},
				signal,
			);
			// So that `GOLEM_HOME=<this home> golem vm …` finds this network by itself.
			await writeFileAtomically(
				paths.config,
				JSON.stringify({GOLEM_REQUESTOR_DISCOVERY_URL: discovery.status.listening}),
			);
			onStep('verify', 'Verifying ports, advertising');
			await untilAdvertised(paths, signal);
		},

		async tearDown() {
			// The provider first: it would look after VMs that end.
			for (const name of ['provider', 'port-checker', 'discovery'] as const) {
				await stopDaemon(name, paths);
			}

			await endExeUnits(paths);
			await endRemains(paths);
			await fs.rm(paths.home, {recursive: true, force: true});
		},
	};
}

const providerStatusSchema = z.looseObject({
	advertising: z.array(z.looseObject({advertised_at: z.string().nullable(), error: z.string().nullable()})),
});

async function untilAdvertised(paths: Paths, signal: AbortSignal): Promise<void> {
	const advertised = await pollUntil(
		async () => {
			const status: DaemonStatus | undefined = await findDaemon('provider', paths);
			const {data} = providerStatusSchema.safeParse(status);
			return data?.advertising.some(({advertised_at}) => advertised_at !== null) || undefined;
		},
		{timeoutMs: verificationTimeoutMs, intervalMs: 50, signal},
	);
	if (!advertised) {
		throw new GolemError('NOT_ADVERTISED', 'The provider found nothing that it could rent out.', {
			hint: `See why with: GOLEM_HOME=${paths.home} golem provider logs`,
		});
	}
}

/** Asks every supervisor to end its VM and itself. */
async function endExeUnits(paths: Paths): Promise<void> {
	const folder = path.join(paths.run, 'vm');
	const sockets = (await listFolder(folder)).filter(file => file.endsWith('.sock'));
	await Promise.all(
		sockets.map(async file => {
			const client = createHttpClient({target: {socket: path.join(folder, file)}, name: 'the exe-unit'});
			const statusSchema = z.looseObject({pid: z.number().int()});
			try {
				const {pid} = await client.send('POST', '/v1/destroy', statusSchema, {timeoutMs: teardownTimeoutMs});
				await pollUntil(async () => ((await isProcessAlive(pid)) ? undefined : true), {
					timeoutMs: teardownTimeoutMs,
					intervalMs: 25,
				});
			} catch (error) {
				// One that does not answer is not asked for longer: it is ended with what it has left.
				if (!(error instanceof GolemError)) {
					throw error;
				}
			}
		}),
	);
}

/** Ends supervisors that do not listen, and VMs that have lost theirs. */
async function endRemains(paths: Paths): Promise<void> {
	// Both name their sockets. Where the system does not tell, there are the files with the ids of VMs.
	for (const {pid} of await findProcesses(`${path.join(paths.run, 'vm')}/`)) {
		await killProcess(pid);
	}

	for (const vmId of await listFolder(paths.providerVms)) {
		for (const file of exeUnitProcessFiles) {
			const pid = Number(await readFileIfThere(path.join(paths.providerVms, vmId, file)));
			if (pid && (await isProcessAlive(pid, exeUnitShortName(vmId)))) {
				await killProcess(pid);
			}
		}
	}
}

async function listFolder(folder: string): Promise<string[]> {
	return fs.readdir(folder).catch(() => []);
}
