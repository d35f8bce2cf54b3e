import type {ForegroundColorName} from 'chalk';
import type {TableColumn, TableRow} from '../components/table-state.js';
import {duration} from '../hosting/ports-text.js';
import type {PortStatus} from '../protocol/control.js';
import {shortId} from '../protocol/short-id.js';
import type {DirectoryEntry} from '../requestor/provider-directory.js';
import {addressOf} from '../requestor/requestor.js';
import {mainFigure} from './daemon-figures.js';
import type {DaemonView, VmView} from './picture.js';

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
		width: {min: 14, grow: 3},
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
		width: {min: 22, grow: 1},
		priority: 3,
		text: ({daemon}) => (daemon.state === 'up' ? (daemon.status?.listening ?? '-') : '-'),
	},
];

export function sizeText({cpu, memory, storage}: {cpu: number; memory: number; storage: number}): string {
	return `${cpu}c ${memory}G ${storage}G`;
}

export function sshAddress({vm, rental}: VmView): string | undefined {
	const host = vm?.ip_address ?? rental.access?.ssh_host;
	const port = vm?.ssh_port ?? rental.access?.ssh_port;
	return host && port ? `${host}:${port}` : undefined;
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
