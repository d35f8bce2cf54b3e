import type {ExecutionContext} from 'ava';
import type {ProviderClient} from '../../../source/client/provider-client.js';
import {handle} from '../../../source/dashboard/controller.js';
import {createKeymap} from '../../../source/dashboard/keymap.js';
import {emptyPicture, type Picture, withRentals, withVm} from '../../../source/dashboard/picture.js';
import type {Runtime} from '../../../source/dashboard/runtime.js';
import {createStore, type Store} from '../../../source/dashboard/store.js';
import {createTables} from '../../../source/dashboard/tables.js';
import {firstState} from '../../../source/dashboard/ui-beginning.js';
import type {UiState} from '../../../source/dashboard/ui-state.js';
import {golemPaths} from '../../../source/platform/paths.js';
import type {Advertisement} from '../../../source/protocol/advertisement.js';
import type {DaemonStatus} from '../../../source/protocol/control.js';
import type {Vm, VmUsage} from '../../../source/protocol/vm.js';
import type {DirectoryEntry} from '../../../source/requestor/provider-directory.js';
import type {Rental} from '../../../source/requestor/rentals.js';
import type {Requestor} from '../../../source/requestor/requestor.js';
import {KeyParser} from '../../../source/terminal/key-parser.js';

export const at = '2026-01-02T03:04:05.000Z';

/** A VM that is rented and was confirmed, but for what the test says. */
export function rental(name: string, change: Partial<Rental> = {}): Rental {
	return {
		name,
		provider: {id: `0x${'a'.repeat(40)}`, host: '127.0.0.1', port: 7466},
		resources: {cpu: 1, memory: 1, storage: 10},
		image: null,
		idempotency_key: `key-of-${name}`,
		vm_id: `golem-${name}`,
		job_id: `job-of-${name}`,
		access: null,
		created_at: at,
		...change,
	};
}

export const access = {
	ssh_host: '127.0.0.1',
	ssh_port: 50_801,
	ssh_user: 'ubuntu',
	ssh_host_keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ'],
	vm_id: 'golem-web',
	multipass_name: null,
};

/** A VM that runs, as its provider tells of it. */
export function vm(name: string, change: Partial<Vm> = {}): Vm {
	return {
		id: `golem-${name}`,
		name,
		status: 'running',
		ip_address: '127.0.0.1',
		ssh_port: 50_801,
		resources: {cpu: 1, memory: 1, storage: 10},
		image: 'micro',
		created_at: at,
		updated_at: at,
		error_message: null,
		...change,
	};
}

/** What a VM takes, that many seconds after the first time. */
export function usage(seconds: number, change: Partial<VmUsage> = {}) {
	return {
		type: 'usage' as const,
		at: new Date(Date.parse(at) + seconds * 1000).toISOString(),
		running_seconds: seconds,
		cpu_seconds: 1,
		cpu_percent: 12,
		memory_bytes: 200_000_000,
		disk_read_bytes: 0,
		disk_written_bytes: 0,
		network_in_bytes: 0,
		network_out_bytes: 0,
		storage_bytes: null,
		...change,
	};
}

export const providerId = (index: number) => `0x${index.toString(16).padStart(40, '0')}`;

export function advertisement(index: number, change: Partial<Advertisement> = {}): Advertisement {
	return {
		provider_id: providerId(index),
		ip_address: '198.51.100.7',
		country: 'SE',
		resources: {cpu: 4, memory: 8, storage: 100},
		name: `provider-${index}`,
		timestamp: at,
		signature: '0x00',
		created_at: at,
		updated_at: at,
		...change,
	};
}

export function entry(index: number, change: Partial<Advertisement> = {}): DirectoryEntry {
	return {advertisement: advertisement(index, change), isGenuine: true};
}

/** A picture of a directory with those providers. */
export function withProviders(picture: Picture, entries: readonly DirectoryEntry[]): Picture {
	const providers = new Map(entries.map(known => [known.advertisement.provider_id, known]));
	return {...picture, directory: {servers: [], providers}};
}

export function daemonStatus(name: string, change: Partial<DaemonStatus> = {}): DaemonStatus {
	return {
		name,
		pid: 4711,
		version: '0.1.0',
		started_at: at,
		listening: 'http://127.0.0.1:9001',
		healthy: true,
		busy_with: [],
		...change,
	};
}

export function uiState(change: Partial<UiState> = {}): UiState {
	return {
		...firstState(),
		size: {columns: 120, rows: 40},
		isPlain: false,
		now: Date.parse(at),
		...change,
	};
}

const refuse = (name: string) => () => Promise.reject(new Error(`Nobody was to call ${name}.`));

async function* noEvents() {}

/** A provider that does what the test says, and nothing else. */
export function standInProvider(change: Partial<ProviderClient> = {}): ProviderClient {
	return {
		info: refuse('info'),
		create: refuse('create'),
		job: refuse('job'),
		get: refuse('get'),
		list: refuse('list'),
		access: refuse('access'),
		events: noEvents,
		usage: refuse('usage'),
		start: refuse('start'),
		stop: refuse('stop'),
		destroy: refuse('destroy'),
		addSshKey: refuse('addSshKey'),
		...change,
	};
}

/** A requestor that does what the test says, and nothing else. */
export function standInRequestor(change: Partial<Requestor> = {}): Requestor {
	return {
		identity: refuse('identity'),
		sshKey: refuse('sshKey'),
		sshFolder: '/nowhere/ssh',
		rentals: refuse('rentals'),
		rental: refuse('rental'),
		remember: refuse('remember'),
		findProviders: refuse('findProviders'),
		providerOf: refuse('providerOf'),
		ask: refuse('ask'),
		close: async () => {},
		...change,
	};
}

export type Stage = {
	runtime: Runtime;
	ui: Store<UiState>;
	picture: Store<Picture>;
	/** What was done to the terminal and to the dashboard itself. */
	done: string[];
	/** Types that, as a terminal sends it. */
	type(bytes: string): void;
	message(): string | undefined;
};

/** The dashboard without a screen: real stores, and stand-ins for the terminal and the network. */
export function createStage(t: ExecutionContext, change: Partial<Runtime> = {}): Stage {
	const done: string[] = [];
	const ending = new AbortController();
	t.teardown(() => ending.abort());
	const paths = golemPaths('/nowhere');
	const picture = createStore(emptyPicture('/nowhere'));
	const ui = createStore(uiState());
	const runtime: Runtime = {
		paths,
		userPaths: paths,
		isDemo: false,
		requestor: standInRequestor(),
		directory: {check: async () => {}},
		picture,
		ui,
		keymap: createKeymap(),
		tables: createTables(),
		terminal: {
			handOver: run => run(0),
			suspend: () => done.push('suspend'),
			copy: text => done.push(`copy ${text}`),
			setMouse: isOn => done.push(`mouse ${isOn}`),
		},
		drawn: {top: Number.POSITIVE_INFINITY},
		quit: () => done.push('quit'),
		switchTo: ({paths: {home}}) => done.push(`switch to ${home}`),
		signal: ending.signal,
		...change,
	};
	t.teardown(picture.subscribe(() => ui.update(state => runtime.tables.follow(state, picture.get()))));
	const parser = new KeyParser();
	return {
		runtime,
		ui,
		picture,
		done,
		type(bytes) {
			for (const event of [...parser.push(Buffer.from(bytes)), ...parser.flush()]) {
				handle(runtime, event);
			}
		},
		message: () => ui.get().message?.text,
	};
}

/** Rents VMs of those names and states, in the picture only. */
export function rentInPicture({picture}: Stage, states: Readonly<Record<string, Vm['status']>>): void {
	const names = Object.keys(states);
	picture.update(known =>
		withRentals(
			known,
			names.map(name => rental(name)),
		),
	);
	for (const [name, status] of Object.entries(states)) {
		picture.update(known =>
			withVm(known, name, view => ({...view, status, isLive: true, vm: vm(name, {status})})),
		);
	}
}
