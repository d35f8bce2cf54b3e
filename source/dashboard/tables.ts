import {createArrange} from '../components/table-arrangement.js';
import {followRows, reduceTable, type TableAction, type TableRow} from '../components/table-state.js';
import {daemonNames} from '../platform/paths.js';
import type {PortStatus} from '../protocol/control.js';
import type {DirectoryEntry} from '../requestor/provider-directory.js';
import {
	type DaemonRow,
	type PortRow,
	type ProviderRow,
	providerColumns,
	type VmRow,
	vmColumns,
} from './columns.js';
import {type PaneId, paneIds} from './panes.js';
import type {DaemonView, Picture, VmView} from './picture.js';
import type {UiState} from './ui-state.js';
import {withTable} from './ui-state.js';

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
