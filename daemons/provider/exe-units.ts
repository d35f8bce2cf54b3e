import fs from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {createHttpClient} from '../../source/client/http-client.js';
import {startDetachedProcess} from '../../source/platform/detached-process.js';
import {
	ensurePrivateFolder,
	isErrno,
	readFileIfThere,
	writeFileAtomically,
} from '../../source/platform/files.js';
import {GolemError} from '../../source/platform/golem-error.js';
import type {Log} from '../../source/platform/log.js';
import {type Paths, socketPath} from '../../source/platform/paths.js';
import {findProcesses, isProcessAlive, killProcess} from '../../source/platform/process.js';
import {type ProcessLock, waitForProcessLock} from '../../source/platform/process-lock.js';
import {processEntry} from '../../source/platform/program.js';
import {answersOnUnixSocket} from '../../source/platform/unix-socket.js';
import {pollUntil} from '../../source/platform/waiting.js';
import {ApiError, isErrorCode} from '../../source/protocol/error-codes.js';
import {
	type ExeUnitSpec,
	type ExeUnitStatus,
	exeUnitFileEndings,
	exeUnitProcessFiles,
	exeUnitShortName,
	exeUnitStatusSchema,
	exeUnitUplinkFolder,
} from '../../source/protocol/exe-unit.js';
import type {VmStatus} from '../../source/protocol/vm.js';
import {type ExeUnitUsage, exeUnitUsage} from './exe-unit-usage.js';

/** The supervisor of one VM, as the provider deals with it. It lives on when the provider does not. */
export type ExeUnit = ExeUnitUsage & {
	/** Writes down what the VM is to be; the supervisor reads it when it starts. */
	writeSpec(spec: ExeUnitSpec): Promise<void>;
	/** Brings what is written down up to date, where there is something: a folder that is lost is not made anew. */
	updateSpec(spec: ExeUnitSpec): Promise<void>;
	/** Starts the supervisor, which brings the VM back to what it was, or does nothing where one is at work. */
	ensureRunning(lastStatus: VmStatus, signal: AbortSignal): Promise<void>;
	/** The status at each change; ends when the supervisor does, or the signal says so. */
	follow(signal: AbortSignal): AsyncGenerator<ExeUnitStatus>;
	start(signal?: AbortSignal): Promise<ExeUnitStatus>;
	stop(signal?: AbortSignal): Promise<ExeUnitStatus>;
	/** Says who may log in, from now on: a guest that runs is told, another one learns it when it starts. */
	setSshKeys(keys: readonly string[], signal?: AbortSignal): Promise<ExeUnitStatus>;
	/** Ends VM and supervisor. @param keepFiles leave the disk and the logs */
	destroy(options: {keepFiles: boolean}): Promise<void>;
};

const readyTimeoutMs = 20_000;
const lifeCycleTimeoutMs = 200_000;
const destroyTimeoutMs = 30_000;
const killTimeoutMs = 5000;
const lockAttemptMs = 500;

export function exeUnitOf(vmId: string, paths: Paths, log: Log): ExeUnit {
	const vmFolder = path.join(paths.providerVms, vmId);
	const shortName = exeUnitShortName(vmId);
	const socketBase = path.join(paths.run, 'vm', shortName);
	const socket = socketPath(`${socketBase}${exeUnitFileEndings.control}`);
	const client = createHttpClient({target: {socket}, name: `the exe-unit of ${vmId}`});

	return {
		async writeSpec(spec) {
			await ensurePrivateFolder(vmFolder);
			await writeFileAtomically(path.join(vmFolder, 'spec.json'), toText(spec));
		},

		async updateSpec(spec) {
			const file = path.join(vmFolder, 'spec.json');
			const [before, now] = [await readFileIfThere(file), toText(spec)];
			if (before !== undefined && before !== now) {
				await writeFileAtomically(file, now);
			}
		},

		async ensureRunning(lastStatus, signal) {
			await ensurePrivateFolder(path.dirname(socket));
			if (await answersOnUnixSocket(socket)) {
				return;
			}

			try {
				const {pid} = await startDetachedProcess({
					entry: processEntry('exe-unit'),
					args: [vmFolder, socketBase, lastStatus],
					outputFile: path.join(vmFolder, 'exe-unit.out'),
					readyTimeoutMs,
					signal,
				});
				log.info({vm_id: vmId, exe_unit_pid: pid}, 'exe-unit started');
			} catch (error) {
				// One that an earlier provider started may be just about to open its socket.
				const isThere =
					error instanceof GolemError &&
					error.code === 'ALREADY_RUNNING' &&
					(await pollUntil(async () => (await answersOnUnixSocket(socket)) || undefined, {
						timeoutMs: readyTimeoutMs,
						intervalMs: 50,
						signal,
					}));
				if (!isThere) {
					throw error;
				}
			}
		},

		async *follow(signal) {
			for await (const line of client.lines('/v1/events', {signal})) {
				yield exeUnitStatusSchema.parse(JSON.parse(line));
			}
		},

		...exeUnitUsage({client, vmFolder, log: log.child({vm_id: vmId})}),

		start: signal =>
			client.send('POST', '/v1/start', exeUnitStatusSchema, {timeoutMs: lifeCycleTimeoutMs, signal}),
		stop: signal =>
			client.send('POST', '/v1/stop', exeUnitStatusSchema, {timeoutMs: lifeCycleTimeoutMs, signal}),
		setSshKeys: (keys, signal) =>
			client.send('POST', '/v1/ssh-keys', exeUnitStatusSchema, {body: {ssh_keys: keys}, signal}),

		async destroy({keepFiles}) {
			await removeRemains(shortName, paths, {
				// One that is only starting has no socket yet, so it is asked again.
				async askToEnd() {
					await client
						.send('POST', `/v1/destroy?keep_files=${keepFiles}`, exeUnitStatusSchema, {
							timeoutMs: destroyTimeoutMs,
						})
						.catch((error: unknown) => log.debug({vm_id: vmId, err: error}, 'the exe-unit does not answer'));
				},
				async clearMore() {
					for (const file of exeUnitProcessFiles) {
						const pid = Number(await readFileIfThere(path.join(vmFolder, file)));
						if (pid && (await isProcessAlive(pid, shortName))) {
							await killProcess(pid);
						}
					}

					await fs.rm(exeUnitUplinkFolder(vmFolder), {recursive: true, force: true});
					if (!keepFiles) {
						await fs.rm(vmFolder, {recursive: true, force: true, maxRetries: 5, retryDelay: 50});
					}
				},
			});
		},
	};
}

type RemovalOptions = {
	patienceMs?: number;
	/** Called again and again until the supervisor is gone. */
	askToEnd?: () => Promise<void>;
	/** Runs while no supervisor can begin anew. */
	clearMore?: () => Promise<void>;
};

/**
Waits until the supervisor of that VM is gone, ends one that does not go, and clears away what dead ones leave behind:
processes that name the VM's sockets, and the sockets.
@throws EXE_UNIT_STUCK
*/
export async function removeRemains(
	shortName: string,
	paths: Pick<Paths, 'run'>,
	{patienceMs = destroyTimeoutMs, askToEnd = nothing, clearMore = nothing}: RemovalOptions = {},
): Promise<void> {
	const socketBase = path.join(paths.run, 'vm', shortName);
	const lock = await takeOver(socketBase, patienceMs, askToEnd);
	try {
		await clearMore();
		await killAll(`${socketBase}.`);
		await Promise.all(
			Object.values(exeUnitFileEndings).map(ending => fs.rm(`${socketBase}${ending}`, {force: true})),
		);
	} finally {
		await lock.release();
	}
}

/** The supervisor's own lock: who has it is the only one to do something with the VM. */
async function takeOver(
	socketBase: string,
	patienceMs: number,
	askToEnd: () => Promise<void>,
): Promise<ProcessLock> {
	const lockFile = `${socketBase}${exeUnitFileEndings.lock}`;
	const deadline = performance.now() + patienceMs;
	do {
		await askToEnd();
		const lock = await waitForProcessLock(lockFile, lockAttemptMs);
		if (lock) {
			return lock;
		}
	} while (performance.now() < deadline);

	await killAll(socketBase);
	const lock = await waitForProcessLock(lockFile, killTimeoutMs);
	if (!lock) {
		throw new GolemError('EXE_UNIT_STUCK', `The exe-unit of ${socketBase} neither answers nor ends.`);
	}

	return lock;
}

async function killAll(pathStart: string): Promise<void> {
	for (const {pid} of await findProcesses(pathStart)) {
		await killProcess(pid);
	}
}

const nothing = async () => {};

const toText = (spec: ExeUnitSpec) => JSON.stringify(spec, null, '\t');

/** What went wrong on the way to an exe-unit, or with this machine's disk, as the tenant is to be told. */
export function toApiError(error: unknown): unknown {
	if (isErrno(error, 'ENOSPC', 'EDQUOT', 'SQLITE_FULL')) {
		return new ApiError('RES_003', 'The disk of this provider is full.', {
			cause: error,
			headers: {'Retry-After': '60'},
		});
	}

	if (!(error instanceof GolemError) || error instanceof ApiError) {
		return error;
	}

	const {code, message, details, hint} = error;
	if (code === 'NOT_REACHABLE' || code === 'BAD_ANSWER' || code === 'EXE_UNIT_STUCK') {
		return new ApiError('SRV_002', 'The supervisor of this VM is being started again; ask again.', {
			cause: error,
			headers: {'Retry-After': '2'},
		});
	}

	return isErrorCode(code) ? new ApiError(code, message, {details, hint, cause: error}) : error;
}

/** Waits a little longer each time, at most a quarter of a minute. */
export async function pauseBeforeRetry(attempt: number, signal: AbortSignal): Promise<void> {
	await sleep(Math.min(15_000, 50 * 2 ** attempt), undefined, {signal});
}
