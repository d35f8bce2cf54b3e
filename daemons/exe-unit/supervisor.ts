import type {Log} from '../../source/platform/log.js';
import {version} from '../../source/platform/program.js';
import {createSerialQueue, pollUntil} from '../../source/platform/waiting.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {ExeUnitSpec, ExeUnitStatus} from '../../source/protocol/exe-unit.js';
import type {VmStage, VmStatus} from '../../source/protocol/vm.js';
import {createLiveValue, type LiveValue} from '../host/live-value.js';
import type {Driver, RunningVm} from './driver.js';
import {untilGuestAnswers} from './guest-reachability.js';
import type {Meter} from './meter.js';
import {openSshProxy, type SshProxy} from './ssh-proxy.js';

const stopGraceMs = 15_000;
const defaultPortPatienceMs = 30_000;

export type SupervisorOptions = {
	spec: ExeUnitSpec;
	driver: Driver;
	sshHostKeys: readonly string[];
	/** What the VM was when it was last heard of. */
	lastStatus: VmStatus;
	meter: Pick<Meter, 'watchVm' | 'watchProxy' | 'sample' | 'settled'>;
	log: Log;
	/** How long to try to get the SSH port. */
	portPatienceMs?: number;
};

/** Owns the life of one VM. Each method does one thing after the other and leaves a state from the contract's table. */
export type Supervisor = {
	status: LiveValue<ExeUnitStatus>;
	/** Figures change without anybody being told; this brings them up to date. */
	refresh(): ExeUnitStatus;
	/** Takes over a VM that is still running, or brings it into the state it was in. Never throws: the state tells. */
	begin(): Promise<void>;
	/** @throws VM_004 unless it is stopped */
	start(): Promise<void>;
	/** @throws VM_004 unless it is running; a stopped one stays so */
	stop(): Promise<void>;
	/** Lets these keys in: at once where the VM runs, and at each later start. @throws NET_001 where the guest does not listen */
	setSshKeys(keys: readonly string[]): Promise<void>;
	/** Ends the VM at once, and the proxy with it; the files are the caller's. */
	destroy(): Promise<void>;
};

export function createSupervisor({
	spec,
	driver,
	sshHostKeys,
	lastStatus,
	meter,
	log,
	portPatienceMs = defaultPortPatienceMs,
}: SupervisorOptions): Supervisor {
	const inTurn = createSerialQueue();
	const ending = new AbortController();
	let proxy: SshProxy | undefined;
	let vm: RunningVm | undefined;
	let sshKeys: readonly string[] = spec.ssh_keys;
	let startedAtMs = performance.now();
	const status = createLiveValue<ExeUnitStatus>({
		vm_id: spec.vm_id,
		pid: process.pid,
		version,
		status: lastStatus,
		stage: null,
		error: null,
		ssh_host_keys: [...sshHostKeys],
		ssh_user: 'ubuntu',
		accelerator: driver.accelerator,
		network: driver.network(),
		vm_pid: null,
		proxy: {port: spec.proxy.port, open_connections: 0, total_connections: 0, bytes_in: 0, bytes_out: 0},
	});

	function refresh(changes: Partial<ExeUnitStatus> = {}): ExeUnitStatus {
		const current = status.get();
		status.set({
			...current,
			...changes,
			vm_pid: vm?.pid ?? null,
			network: driver.network(),
			proxy: {...current.proxy, ...proxy?.figures()},
		});
		return status.get();
	}

	function become(next: VmStatus, error: ExeUnitStatus['error'] = null): void {
		log.info({status: next, ...(error ? {error} : {})}, 'status');
		refresh({status: next, error, ...(next === 'running' || next === 'stopped' ? {stage: null} : {})});
	}

	function enter(stage: VmStage, message: string): void {
		const elapsed_ms = Math.round(performance.now() - startedAtMs);
		log.info({stage, elapsed_ms}, message);
		refresh({stage: {name: stage, message, elapsed_ms}});
	}

	async function fail(error: unknown): Promise<void> {
		const known = error instanceof ApiError ? error : undefined;
		if (!known) {
			log.error({err: error}, 'failed by a fault of ours');
		}

		const console = vm?.consoleLog() ?? [];
		const stage = status.get().stage?.name;
		await vm?.kill();
		vm = undefined;
		await proxy?.close();
		proxy = undefined;
		const details = known?.details['log'];
		become('error', {
			code: known?.code ?? 'VM_001',
			message: `${known?.message ?? 'The VM failed by a fault of the provider’s software.'}${stage ? ` (at: ${stage})` : ''}`,
			log: Array.isArray(details) ? details.map(String) : console,
		});
	}

	function watch(running: RunningVm): void {
		vm = running;
		meter.watchVm(running);
		void running.ended.then(async end => {
			if (vm !== running) {
				return;
			}

			vm = undefined;
			proxy?.setTarget('off');
			if (status.get().status === 'running') {
				if (end.asked) {
					become('stopped');
				} else {
					await fail(
						new ApiError('VM_001', `The VM ended unexpectedly: ${end.reason}.`, {
							details: {log: running.consoleLog()},
						}),
					);
				}
			}
		});
	}

	async function openMeteredProxy(): Promise<SshProxy> {
		const opened = await openSshProxy({...spec.proxy, log});
		meter.watchProxy(opened);
		return opened;
	}

	/** Another program may have the port for a while, if only as the near end of a connection of its own. */
	async function openProxy(target: 'off' | 'starting'): Promise<void> {
		let refusal: unknown;
		proxy ??= await pollUntil(
			() =>
				openMeteredProxy().catch((error: unknown) => {
					if (refusal === undefined) {
						log.warn({err: error}, 'the SSH port is not free; trying again');
					}

					refusal = error;
					return undefined;
				}),
			{timeoutMs: portPatienceMs, intervalMs: 250, signal: ending.signal},
		);
		if (!proxy) {
			throw refusal;
		}

		proxy.setTarget(target);
	}

	async function powerOn(): Promise<void> {
		startedAtMs = performance.now();
		enter('prepare', 'Preparing disk and keys');
		await openProxy('starting');
		await driver.prepare(sshKeys);
		enter('boot', `Booting with ${driver.accelerator}`);
		watch(await driver.start(ending.signal));
		await untilReachable();
	}

	async function untilReachable(): Promise<void> {
		const running = vm;
		if (!running) {
			throw new ApiError('VM_001', 'The VM ended while it was starting.');
		}

		await untilGuestAnswers(running, {
			signal: ending.signal,
			onReady: () => enter('network', 'Waiting for the SSH server'),
		});
		if (vm !== running) {
			throw new ApiError('VM_001', 'The VM ended while it was starting.');
		}

		// Not before: QEMU takes connections for a guest that does not listen yet, and resets them.
		proxy?.setTarget(running.ssh);
		enter('ready', 'Ready');
		become('running');
	}

	return {
		status,
		refresh,
		begin: () =>
			inTurn(async () => {
				try {
					const adopted = await driver.adopt();
					if (adopted) {
						log.info({vm_pid: adopted.pid}, 'found the VM running');
						await openProxy('starting');
						watch(adopted);
						await untilReachable();
					} else if (lastStatus === 'stopped' || lastStatus === 'stopping') {
						await openProxy('off');
						become('stopped');
					} else {
						become(lastStatus === 'creating' ? 'creating' : 'starting');
						await powerOn();
					}
				} catch (error) {
					if (!ending.signal.aborted) {
						await fail(error);
					}
				}
			}),
		start: () =>
			inTurn(async () => {
				mustBe('stopped');
				become('starting');
				try {
					await powerOn();
				} catch (error) {
					if (!ending.signal.aborted) {
						await fail(error);
					}
				}
			}),
		stop: () =>
			inTurn(async () => {
				if (status.get().status === 'stopped') {
					return;
				}

				mustBe('running');
				become('stopping');
				try {
					// A last look: what it takes from here on may not be seen any more.
					await meter.sample();
					await vm?.stop(stopGraceMs);
					await meter.settled();
				} catch (error) {
					await fail(error);
					return;
				}

				vm = undefined;
				proxy?.setTarget('off');
				become('stopped');
			}),
		setSshKeys: keys =>
			inTurn(async () => {
				sshKeys = keys;
				if (status.get().status !== 'running') {
					return;
				}

				await vm?.addSshKeys(keys).catch((error: unknown) => {
					throw new ApiError('NET_001', 'The guest did not take the key; it has it after its next start.', {
						cause: error,
					});
				});
			}),
		async destroy() {
			// Not in turn: what is under way is what shall end.
			ending.abort(new ApiError('VM_004', 'The VM is being destroyed.'));
			const running = vm;
			vm = undefined;
			await Promise.all([running?.kill(), proxy?.close()]);
			await inTurn(async () => {
				await Promise.all([vm?.kill(), proxy?.close()]);
				become('deleted');
			});
		},
	};

	function mustBe(wanted: VmStatus): void {
		const {status: current} = status.get();
		if (current !== wanted) {
			throw new ApiError('VM_004', `The VM is ${current}; only a ${wanted} one can do that.`, {
				details: {status: current},
			});
		}
	}
}
