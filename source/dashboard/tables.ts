import type {ForegroundColorName} from 'chalk';
import {createArrange} from '../components/table-arrangement.js';
import {
	followRows,
	reduceTable,
	type TableAction,
	type TableColumn,
	type TableRow,
} from '../components/table-state.js';
import {duration} from '../hosting/ports-text.js';
import {daemonNames} from '../platform/paths.js';
import type {PortStatus} from '../protocol/control.js';
import type {DirectoryEntry} from '../requestor/provider-directory.js';
import {addressOf} from '../requestor/requestor.js';
import {mainFigure} from './daemon-figures.js';
import {type PaneId, paneIds} from './panes.js';
import type {DaemonView, Picture, VmView} from './picture.js';
import type {UiState} from './ui-state.js';
import {withTable} from './ui-state.js';

export type VmRow = TableRow & {readonly vm: VmView};
export type ProviderRow = TableRow & {readonly entry: DirectoryEntry};
export type DaemonRow = TableRow & {readonly daemon: DaemonView};
export type PortRow = TableRow & {readonly port: PortStatus};

/** Colours of states; the words beside them say the same. */
const statusColors: Readonly<Record<string, ForegroundColorName>> = {
	running: 'green',
	creating: 'cyan',
	starting: 'cyan',
	stopping: 'yellow',
	stopped: 'gray',
	error: 'red',
	gone: 'red',
	unreachable: 'yellow',
	unconfirmed: 'yellow',
	up: 'green',
	lost: 'red',
	down: 'gray',
};

export const statusColor = (status: string): ForegroundColorName | undefined => statusColors[status];

export const vmColumns: ReadonlyArray<TableColumn<VmRow>> = [
	{id: 'name', title: 'NAME', width: {min: 10, grow: 3}, priority: 9, text: ({vm}) => vm.name},
	{
		id: 'status',
		title: 'STATUS',
		width: {min: 11},
		priority: 8,
		text: ({vm}) =>
			vm.isLive || ['gone', 'unreachable', 'unconfirmed', 'asking'].includes(vm.status)
				? vm.status
				: `${vm.status}?`,
		color: ({vm}) => statusColor(vm.status),
	},
	{
		id: 'cpu',
		title: 'CPU',
		width: {min: 5},
		align: 'right',
		priority: 7,
		text: ({vm}) => percent(vm.usage.at(-1)?.cpu_percent),
		sortKey: ({vm}) => vm.usage.at(-1)?.cpu_percent ?? undefined,
	},
	{
		id: 'size',
		title: 'SIZE',
		width: {min: 12},
		priority: 4,
		text: ({vm: {rental}}) => sizeText(rental.resources),
		sortKey: ({vm}) => vm.rental.resources.memory,
	},
	{
		id: 'ssh',
		title: 'SSH',
		width: {min: 16, grow: 1},
		priority: 6,
		text: ({vm}) => sshAddress(vm) ?? '-',
	},
	{
		id: 'provider',
		title: 'PROVIDER',
		width: {min: 13},
		priority: 1,
		text: ({vm}) => shortId(vm.rental.provider.id),
	},
];

export const providerColumns: ReadonlyArray<TableColumn<ProviderRow>> = [
	{
		id: 'name',
		title: 'NAME',
		width: {min: 12, grow: 3},
		priority: 9,
		text: ({entry}) => entry.advertisement.name ?? '-',
	},
	{id: 'country', title: 'CC', width: {min: 2}, priority: 5, text: ({entry}) => entry.advertisement.country},
	{
		id: 'cpu',
		title: 'CPU',
		width: {min: 4},
		align: 'right',
		priority: 8,
		text: ({entry}) => String(entry.advertisement.resources.cpu),
		sortKey: ({entry}) => entry.advertisement.resources.cpu,
	},
	{
		id: 'memory',
		title: 'MEM',
		width: {min: 7},
		align: 'right',
		priority: 7,
		text: ({entry}) => `${entry.advertisement.resources.memory} GB`,
		sortKey: ({entry}) => entry.advertisement.resources.memory,
	},
	{
		id: 'storage',
		title: 'DISK',
		width: {min: 8},
		align: 'right',
		priority: 6,
		text: ({entry}) => `${entry.advertisement.resources.storage} GB`,
		sortKey: ({entry}) => entry.advertisement.resources.storage,
	},
	{
		id: 'address',
		title: 'ADDRESS',
		width: {min: 15, grow: 2},
		priority: 2,
		text: ({entry: {advertisement}}) => `${advertisement.ip_address}:${addressOf(advertisement).port}`,
	},
	{
		id: 'note',
		title: 'NOTE',
		width: {min: 10, grow: 1},
		priority: 4,
		text: ({entry}) => providerNote(entry),
		color: ({entry}) =>
			entry.isGenuine === false ? 'red' : providerNote(entry) === '' ? undefined : 'yellow',
	},
	{
		id: 'id',
		title: 'ID',
		width: {min: 13},
		priority: 3,
		text: ({key}) => shortId(key),
		sortKey: ({key}) => key,
	},
];

export const daemonColumns: ReadonlyArray<TableColumn<DaemonRow>> = [
	{id: 'name', title: 'DAEMON', width: {min: 12}, priority: 9, text: ({daemon}) => daemon.name},
	{
		id: 'state',
		title: 'STATE',
		width: {min: 9},
		priority: 8,
		text: ({daemon}) => daemonState(daemon),
		color: ({daemon}) => statusColor(daemon.state),
	},
	{
		id: 'uptime',
		title: 'UP',
		width: {min: 6},
		priority: 5,
		text: ({daemon}) => (daemon.state === 'up' && daemon.status ? since(daemon.status.started_at) : '-'),
	},
	{
		id: 'figure',
		title: 'AT WORK',
		width: {min: 12, grow: 3},
		priority: 7,
		text: ({daemon}) =>
			daemon.state === 'up' && daemon.status ? mainFigure(daemon.status) : (daemon.error ?? '-'),
	},
	{
		id: 'listening',
		title: 'LISTENING',
		width: {min: 16, grow: 1},
		priority: 3,
		text: ({daemon}) => (daemon.state === 'up' ? (daemon.status?.listening ?? '-') : '-'),
	},
];

/** A row for each thing, the same object as long as the thing is. */
function rowsOfEach<Thing extends object, Row extends TableRow>(toRow: (thing: Thing) => Row) {
	const known = new WeakMap<Thing, Row>();
	let last: {things: Iterable<Thing>; rows: readonly Row[]} | undefined;
	/** @param collection stays the same object as long as nothing in it changes */
	return (collection: object, things: Iterable<Thing>): readonly Row[] => {
		if (last?.things === collection) {
			return last.rows;
		}

		const rows = [...things].map(thing => {
			const row = known.get(thing) ?? toRow(thing);
			known.set(thing, row);
			return row;
		});
		last = {things: collection as Iterable<Thing>, rows};
		return rows;
	};
}

/** The rows of one pane, as its table arranges them. */
export type Tables = {
	vms(picture: Picture, ui: UiState): readonly VmRow[];
	providers(picture: Picture, ui: UiState): readonly ProviderRow[];
	ports(picture: Picture, ui: UiState): readonly PortRow[];
	daemons(picture: Picture, ui: UiState): readonly DaemonRow[];
	/** What a pane's table does on an action; another filter or order is carried out at once. */
	act(ui: UiState, picture: Picture, pane: PaneId, action: TableAction): UiState;
	/** The selections, where rows have come and gone since it was last called. */
	follow(ui: UiState, picture: Picture): UiState;
};

export function createTables(): Tables {
	const vmRows = rowsOfEach((vm: VmView): VmRow => ({key: vm.name, vm}));
	const providerRows = rowsOfEach(
		(entry: DirectoryEntry): ProviderRow => ({key: entry.advertisement.provider_id, entry}),
	);
	const daemonRows = rowsOfEach((daemon: DaemonView): DaemonRow => ({key: daemon.name, daemon}));
	const portRows = rowsOfEach((port: PortStatus): PortRow => ({key: String(port.port), port}));
	const arrangeVms = createArrange(vmColumns);
	const arrangeProviders = createArrange(providerColumns);
	const noPorts: readonly PortStatus[] = [];
	const lastRows = new Map<PaneId, readonly TableRow[]>();
	const tables: Tables = {
		vms: ({vms}, ui) => arrangeVms(vmRows(vms, vms.values()), ui.tables.vms),
		providers: ({directory}, ui) =>
			arrangeProviders(providerRows(directory.providers, directory.providers.values()), ui.tables.providers),
		ports({ports}) {
			const statuses = ports ? [ports.api, ...ports.ports] : noPorts;
			return portRows(ports ?? noPorts, statuses);
		},
		daemons: ({daemons}) =>
			daemonRows(
				daemons,
				daemonNames.map(name => daemons[name]),
			),
		act(ui, picture, pane, action) {
			const before = tables[pane](picture, ui);
			const acted = withTable(ui, pane, table => reduceTable(table, action, before));
			return followIn(acted, pane, before, tables[pane](picture, acted));
		},
		follow(ui, picture) {
			return paneIds.reduce((known, pane) => {
				const rows = tables[pane](picture, known);
				const before = lastRows.get(pane) ?? [];
				lastRows.set(pane, rows);
				return before === rows ? known : followIn(known, pane, before, rows);
			}, ui);
		},
	};
	return tables;
}

function followIn(
	ui: UiState,
	pane: PaneId,
	before: readonly TableRow[],
	after: readonly TableRow[],
): UiState {
	const table = ui.tables[pane];
	const followed = followRows(table, before, after);
	return followed === table ? ui : withTable(ui, pane, () => followed);
}

export function sizeText({cpu, memory, storage}: {cpu: number; memory: number; storage: number}): string {
	return `${cpu}c ${memory}G ${storage}G`;
}

export function sshAddress({vm, rental}: VmView): string | undefined {
	const host = vm?.ip_address ?? rental.access?.ssh_host;
	const port = vm?.ssh_port ?? rental.access?.ssh_port;
	return host && port ? `${host}:${port}` : undefined;
}

/** `0x2c7536…5c23`. */
export function shortId(id: string): string {
	return id.length > 13 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

export function percent(value: number | null | undefined): string {
	return value === undefined || value === null ? '-' : `${Math.round(value)} %`;
}

/** What speaks against a provider, in a word or two. */
export function providerNote({advertisement, isGenuine}: DirectoryEntry): string {
	if (isGenuine === false) {
		return 'forged';
	}

	const {over_threshold = []} = advertisement;
	return over_threshold.length > 0 ? `short of ${over_threshold.join(', ')}` : '';
}

export function daemonState({state, status}: DaemonView): string {
	return state === 'up' && status && !status.healthy ? 'not ready' : state;
}

export function since(timestamp: string, now = Date.now()): string {
	return duration(now - Date.parse(timestamp));
}
