import {emptyPicker} from '../../components/list-picker-state.js';
import type {TableAction} from '../../components/table-state.js';
import {daemonNames} from '../../platform/paths.js';
import {providerColumns, vmColumns} from '../columns.js';
import {showKey} from '../keymap.js';
import {type PaneId, paneIds} from '../panes.js';
import {placesOf} from '../places.js';
import {type Runtime, selectedProvider, show, tell} from '../runtime.js';
import {topView, withoutTopView, withTopView} from '../ui-state.js';
import type {Actions} from './action.js';

export const generalActions: Actions = {
	details: {run: openDetails},
	back: {run: goBack},
	'next-pane': {run: runtime => turnPane(runtime, 1)},
	'previous-pane': {run: runtime => turnPane(runtime, -1)},
	'pane-1': {run: runtime => goTo(runtime, 'vms')},
	'pane-2': {run: runtime => goTo(runtime, 'providers')},
	'pane-3': {run: runtime => goTo(runtime, 'ports')},
	'pane-4': {run: runtime => goTo(runtime, 'daemons')},
	filter: {
		unavailable: runtime =>
			topView(runtime.ui.get())?.kind === 'log' ? undefined : withoutTable(runtime, 'filtered'),
		run: startFilter,
	},
	sort: {unavailable: runtime => withoutTable(runtime, 'sorted'), run: sortByNext},
	'sort-reverse': {
		unavailable: runtime =>
			withoutTable(runtime, 'sorted') ??
			(runtime.ui.get().tables[runtime.ui.get().focus].sort
				? undefined
				: `Nothing is sorted yet; ${runtime.keymap.keysOf('sort')[0]} sorts.`),
		run: runtime => {
			const {focus: pane, tables} = runtime.ui.get();
			const {sort} = tables[pane];
			if (sort) {
				act(runtime, {type: 'sort', column: sort.column});
				// After the second order comes none; here the first comes again.
				if (!runtime.ui.get().tables[pane].sort) {
					act(runtime, {type: 'sort', column: sort.column});
				}
			}
		},
	},
	'provider.copy': {
		unavailable: runtime => (selectedProvider(runtime) ? undefined : 'No provider is selected.'),
		run(runtime) {
			const id = selectedProvider(runtime)?.advertisement.provider_id ?? '';
			runtime.terminal.copy(id);
			tell(runtime, `Copied: ${id}`);
		},
	},
	activities: {
		unavailable: ({ui}) => (ui.get().activities.length > 0 ? undefined : 'Nothing has been done yet.'),
		run(runtime) {
			const last = runtime.ui.get().activities.at(-1);
			if (last) {
				show(runtime, {kind: 'activity', id: last.id, top: 0});
			}
		},
	},
	mouse: {
		run(runtime) {
			const isMouseOn = !runtime.ui.get().isMouseOn;
			runtime.terminal.setMouse(isMouseOn);
			runtime.ui.update(ui => ({...ui, isMouseOn}));
			tell(
				runtime,
				isMouseOn
					? 'The mouse selects now; hold Shift to mark text.'
					: 'The mouse is the terminal’s own again.',
			);
		},
	},
	palette: {run: runtime => show(runtime, {kind: 'palette', picker: emptyPicker})},
	help: {
		run: runtime =>
			show(runtime, {kind: 'help', of: placesOf(runtime.ui.get())[0] ?? 'main', picker: emptyPicker}),
	},
	suspend: {run: ({terminal}) => terminal.suspend()},
	quit: {run: ({quit}) => quit()},
	'log.pause': {
		unavailable: ({ui}) => (topView(ui.get())?.kind === 'log' ? undefined : 'No log is open.'),
		// Where it goes on, it goes on at its end.
		run: ({ui}) =>
			ui.update(state =>
				withTopView(state, 'log', view => ({
					...view,
					isPaused: !view.isPaused,
					back: view.isPaused ? 0 : view.back,
				})),
			),
	},
};

/** Table actions of the pane with the focus. */
export function act(runtime: Runtime, action: TableAction): void {
	const {ui, tables, picture} = runtime;
	ui.update(state => tables.act(state, picture.get(), state.focus, action));
}

export function focus({ui}: Runtime, pane: PaneId): void {
	ui.update(state => ({...state, focus: pane, filtering: undefined}));
}

/** To a pane of the main view, out of whatever lies over it. */
function goTo(runtime: Runtime, pane: PaneId): void {
	runtime.ui.update(state => (state.views.length === 0 ? state : {...state, views: []}));
	focus(runtime, pane);
}

function turnPane(runtime: Runtime, by: number): void {
	const index = paneIds.indexOf(runtime.ui.get().focus);
	focus(runtime, paneIds[(index + by + paneIds.length) % paneIds.length] ?? 'vms');
}

function openDetails(runtime: Runtime): void {
	const {focus: pane, tables} = runtime.ui.get();
	const key = tables[pane].selectedKey;
	if (key === undefined) {
		tell(runtime, 'There is nothing to look at here yet.');
		return;
	}

	const daemon = daemonNames.find(name => name === key);
	if (pane === 'vms') {
		show(runtime, {kind: 'vm', name: key, top: 0});
	} else if (pane === 'providers') {
		show(runtime, {kind: 'provider', id: key, top: 0});
	} else if (pane === 'ports') {
		show(runtime, {kind: 'port', port: Number(key), top: 0});
	} else if (daemon) {
		show(runtime, {kind: 'daemon', name: daemon, top: 0});
	}
}

/** Out of the view; in the main one, out of the filter. */
function goBack(runtime: Runtime): void {
	const {ui} = runtime;
	const view = topView(ui.get());
	if (view?.kind === 'log' && view.filter !== '') {
		ui.update(state => withTopView(state, 'log', log => ({...log, filter: '', back: 0})));
	} else if (view) {
		ui.update(withoutTopView);
	} else if (ui.get().tables[ui.get().focus].filter === '') {
		tell(
			runtime,
			`There is nothing to go back from; ${showKey(runtime.keymap.keysOf('quit')[0] ?? '')} quits.`,
		);
	} else {
		act(runtime, {type: 'filter', text: ''});
	}
}

function startFilter({ui}: Runtime): void {
	ui.update(state => {
		const view = topView(state);
		if (view?.kind === 'log') {
			return withTopView(state, 'log', log => ({...log, isFiltering: true}));
		}

		const {filter} = state.tables[state.focus];
		return {...state, filtering: {text: filter, cursor: filter.length}};
	});
}

const sortable: Readonly<Partial<Record<PaneId, ReadonlyArray<{id: string; title: string}>>>> = {
	vms: vmColumns,
	providers: providerColumns,
};

/** Why what is seen cannot be filtered or sorted; undefined where it can. */
function withoutTable({ui}: Runtime, done: 'filtered' | 'sorted'): string | undefined {
	const state = ui.get();
	return topView(state) === undefined && sortable[state.focus]
		? undefined
		: `Only VMs and providers can be ${done}${done === 'filtered' ? ', and logs' : ''}.`;
}

/** By the first column, then the next, and after the last in the order they come. */
function sortByNext(runtime: Runtime): void {
	const {focus: pane, tables} = runtime.ui.get();
	const columns = sortable[pane] ?? [];
	const {sort} = tables[pane];
	const index = columns.findIndex(({id}) => id === sort?.column);
	const next = columns[index + 1];
	if (next) {
		act(runtime, {type: 'sort', column: next.id});
		tell(runtime, `Sorted by ${next.title.toLowerCase()}.`);
	} else if (sort) {
		// Once or twice more of the same column ends in no order at all.
		act(runtime, {type: 'sort', column: sort.column});
		if (runtime.ui.get().tables[pane].sort) {
			act(runtime, {type: 'sort', column: sort.column});
		}

		tell(runtime, 'In the order they come.');
	}
}
