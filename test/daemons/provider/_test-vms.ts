import path from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import {createLiveValue} from '../../../daemons/host/live-value.js';
import type {InstalledImage} from '../../../daemons/images/image.js';
import {type VmRecord, vmRecordSchema} from '../../../daemons/provider/vm-record.js';
import {openVmStore} from '../../../daemons/provider/vm-store.js';
import {createVms, type Vms} from '../../../daemons/provider/vms.js';
import {openStore, type Store} from '../../../source/platform/store.js';
import type {ExeUnitStatus} from '../../../source/protocol/exe-unit.js';
import type {LoadKind} from '../../../source/protocol/host-load.js';
import type {VmUsage} from '../../../source/protocol/vm.js';
import {createTestLog} from '../../support/log.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

/*
The exe-units are stand-ins: they start no VM, and say of it what a test tells them to. The store is a real SQLite file.
Real exe-units with real VMs are in test/e2e/rental.ts.
*/
export function createExeUnits() {
	const units = new Map<string, ReturnType<typeof createExeUnit>>();
	const createExeUnit = (vmId: string) => {
		const status = createLiveValue<ExeUnitStatus>({
			vm_id: vmId,
			pid: 1,
			version: '0',
			status: 'creating',
			stage: null,
			error: null,
			ssh_host_keys: ['ssh-ed25519 AAAA'],
			ssh_user: 'ubuntu',
			accelerator: 'none',
			network: 'none',
			vm_pid: null,
			proxy: {port: 1, open_connections: 0, total_connections: 0, bytes_in: 0, bytes_out: 0},
		});
		const become = (change: Partial<ExeUnitStatus>) => {
			status.set({...status.get(), ...change});
			return status.get();
		};
		const samples = createLiveValue<VmUsage | undefined>(undefined);
		const calls: string[] = [];
		return {
			calls,
			become,
			/** What goes wrong, by the name of the call. */
			faults: new Map<string, () => Promise<void> | void>(),
			async call(name: string) {
				calls.push(name);
				await this.faults.get(name)?.();
			},
			async writeSpec() {
				await this.call('writeSpec');
			},
			async updateSpec() {
				await this.faults.get('updateSpec')?.();
			},
			async ensureRunning(lastStatus: unknown) {
				await this.call(`ensureRunning ${lastStatus}`);
				await this.faults.get('ensureRunning')?.();
			},
			async *follow(signal: AbortSignal) {
				await this.call('follow');
				yield* status.follow(signal);
			},
			/** Set to a sample, and whoever follows has it. */
			samples,
			async usage() {
				await this.call('usage');
				return {at: '2026-01-01T00:00:00.000Z', totals: {running_seconds: 90.5, cpu_seconds: 12.25}};
			},
			async *followUsage(signal: AbortSignal) {
				await this.call('followUsage');
				try {
					for await (const sample of samples.follow(signal)) {
						if (sample) {
							yield sample;
							calls.push(`sample ${sample.cpu_seconds}`);
						}
					}
				} finally {
					calls.push('usage followed no more');
				}
			},
			async start() {
				await this.call('start');
				return become({status: 'running'});
			},
			async stop() {
				await this.call('stop');
				return become({status: 'stopped'});
			},
			async setSshKeys(keys: readonly string[]) {
				await this.call(`setSshKeys ${keys.length}`);
				return status.get();
			},
			async destroy({keepFiles}: {keepFiles: boolean}) {
				await this.call(keepFiles ? 'destroy, keep files' : 'destroy');
				await this.faults.get('any destroy')?.();
			},
		};
	};
	return {
		units,
		of(vmId: string) {
			const unit = units.get(vmId) ?? createExeUnit(vmId);
			units.set(vmId, unit);
			return unit;
		},
	};
}

export type Setup = {
	vms: Vms;
	/** Aborted when the provider ends. */
	signal: AbortSignal;
	units: ReturnType<typeof createExeUnits>;
	/** What is on disk of a VM. */
	stored(id: string): Promise<VmRecord | undefined>;
};

export type SetupOptions = {
	file?: string;
	records?: VmRecord[];
	maxVms?: number;
	restartVms?: boolean;
	overThreshold?: LoadKind[];
	/** Ports that turn out to be another program's when a VM gets them; those there are begin with 20000. */
	takenPorts?: ReadonlySet<number>;
};

export async function createTestVms(t: ExecutionContext, options: SetupOptions = {}): Promise<Setup> {
	const {records = [], maxVms = 100, restartVms = true, overThreshold = []} = options;
	const folder = await temporaryFolder(t);
	const file = options.file ?? path.join(folder, 'provider.db');
	const stored = async (use: (store: Store<VmRecord>) => Promise<VmRecord | undefined>) => {
		const store = await openStore({file, schema: vmRecordSchema, durability: 'normal'});
		const found = await use(store);
		await store.close();
		return found;
	};
	await stored(async store => {
		for (const record of records) {
			await store.set(record.id, record);
		}

		return undefined;
	});

	const {log} = createTestLog();
	const opened = await openVmStore({file, vmsFolder: folder, log});
	const units = createExeUnits();
	const taken = new Set<number>();
	const ending = new AbortController();
	t.teardown(async () => {
		ending.abort(new Error('ending'));
		await nextTurn();
		await opened.store.close();
	});
	const vms = createVms({
		...opened,
		exeUnitOf: vmId => units.of(vmId),
		limits: () => ({
			capacity: {cpu: 8, memory: 16, storage: 200},
			minimum: {cpu: 1, memory: 1, storage: 10},
			maxVms,
			overThreshold,
		}),
		ports: {
			usable: () => Array.from({length: 20}, (_, index) => 20_000 + index).filter(port => !taken.has(port)),
			release() {},
			claim: async port => {
				if (options.takenPorts?.has(port)) {
					taken.add(port);
				}

				return !taken.has(port);
			},
		},
		findImage: async name => ({name, folder: `/images/${name}`, sshUser: 'ubuntu'}) as InstalledImage,
		proxyHost: '127.0.0.1',
		qemuBinary: undefined,
		restartVms,
		log,
		signal: ending.signal,
		onChange() {},
		onFailure() {},
	});
	return {vms, signal: ending.signal, units, stored: id => stored(store => store.get(id))};
}
