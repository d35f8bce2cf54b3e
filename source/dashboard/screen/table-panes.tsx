import {useEffect} from 'react';
import {Table} from '../../components/table.js';
import type {TableColumn, TableRow} from '../../components/table-state.js';
import {daemonColumns, providerColumns, vmColumns} from '../columns.js';
import {agoText} from '../details/vm-lines.js';
import {type Layout, tableRows} from '../layout.js';
import type {PaneId} from '../panes.js';
import type {Picture} from '../picture.js';
import type {Runtime} from '../runtime.js';
import {withTable} from '../ui-state.js';
import {Pane} from './pane.js';
import {useSelected} from './use-selected.js';

type PaneOf = {readonly runtime: Runtime; readonly layout: Layout};

export function VmsPane({runtime, layout}: PaneOf) {
	const vms = useSelected(runtime.picture, ({vms}) => vms);
	const areKnown = useSelected(runtime.picture, ({areVmsKnown}) => areVmsKnown);
	const error = useSelected(runtime.picture, ({vmsError}) => vmsError);
	// What the rows are arranged by.
	useSelected(runtime.ui, ui => ui.tables.vms);
	return (
		<TablePane
			id="vms"
			runtime={runtime}
			layout={layout}
			columns={vmColumns}
			rows={runtime.tables.vms(runtime.picture.get(), runtime.ui.get())}
			all={vms.size}
			emptyText={
				error ??
				(areKnown
					? `You have no VMs. ${key(runtime, 'vm.create')} creates one, ${key(runtime, 'demo')} shows how it works on this machine.`
					: 'Looking…')
			}
		/>
	);
}

export function ProvidersPane({runtime, layout}: PaneOf) {
	// Not the whole directory: that is another one at each answer of a server.
	const {size} = useSelected(runtime.picture, ({directory}) => directory.providers);
	const heardAt = useSelected(runtime.picture, ({directory}) => lastHeardAt(directory));
	const age = useSelected(runtime.ui, ({now}) =>
		heardAt === undefined ? undefined : `as of ${agoText(heardAt, now)}`,
	);
	const emptyText = useSelected(runtime.picture, ({directory}) => noProviders(directory));
	const rows = runtime.tables.providers(runtime.picture.get(), runtime.ui.get());
	const {top, height} = useSelected(runtime.ui, ui => ui.tables.providers);
	// Signatures are looked at where somebody looks at the provider.
	const seen = rows.slice(top, top + height);
	const unknown = seen.filter(({entry}) => entry.isGenuine === undefined).map(row => row.key);
	const wanted = unknown.join();
	useEffect(() => {
		if (wanted !== '') {
			void runtime.directory.check(wanted.split(','));
		}
	}, [runtime, wanted]);
	return (
		<TablePane
			id="providers"
			runtime={runtime}
			layout={layout}
			columns={providerColumns}
			rows={rows}
			all={size}
			age={age}
			emptyText={emptyText}
		/>
	);
}

export function DaemonsPane({runtime, layout}: PaneOf) {
	useSelected(runtime.picture, ({daemons}) => daemons);
	const rows = runtime.tables.daemons(runtime.picture.get(), runtime.ui.get());
	return (
		<TablePane
			id="daemons"
			runtime={runtime}
			layout={layout}
			columns={daemonColumns}
			rows={rows}
			all={rows.length}
			emptyText=""
		/>
	);
}

function TablePane<Row extends TableRow>({
	id,
	runtime,
	layout,
	columns,
	rows,
	all,
	age,
	emptyText,
}: PaneOf & {
	readonly id: PaneId;
	readonly columns: ReadonlyArray<TableColumn<Row>>;
	readonly rows: readonly Row[];
	readonly all: number;
	/** How old it is, where it is not what is true now. */
	readonly age?: string | undefined;
	readonly emptyText: string;
}) {
	const ui = useSelected(runtime.ui, state => state);
	const area = layout.panes[id];
	const height = area ? tableRows(area) : 1;
	useEffect(() => {
		runtime.ui.update(state =>
			state.tables[id].height === height
				? state
				: runtime.tables.act(
						withTable(state, id, table => table),
						runtime.picture.get(),
						id,
						{type: 'resize', height},
					),
		);
	}, [runtime, id, height]);
	if (!area) {
		return null;
	}

	return (
		<Pane
			id={id}
			ui={ui}
			mode={layout.mode}
			area={area}
			count={`${rows.length === all ? all : `${rows.length}/${all}`}${age ? ` (${age})` : ''}`}
		>
			<Table
				columns={columns}
				rows={rows}
				state={{...ui.tables[id], height}}
				width={area.width}
				isFocused={ui.focus === id}
				emptyText={all > 0 ? 'Nothing matches the filter; Esc drops it.' : emptyText}
			/>
		</Pane>
	);
}

function key({keymap}: Runtime, id: Parameters<Runtime['keymap']['keysOf']>[0]): string {
	return keymap.keysOf(id)[0] ?? '?';
}

/** Where no server answers, when the last one did. */
function lastHeardAt({servers}: Picture['directory']): number | undefined {
	const heardAt = Math.max(...servers.map(({at}) => at ?? 0), 0);
	return heardAt > 0 && servers.every(({state}) => state === 'failed') ? heardAt : undefined;
}

function noProviders({servers}: Picture['directory']): string {
	const failed = servers.find(({state}) => state === 'failed');
	if (failed) {
		return `${failed.url} does not answer: ${failed.error ?? 'no reason told'}`;
	}

	return servers.some(({at}) => at === undefined) ? 'Asking…' : 'Nobody offers anything just now.';
}
