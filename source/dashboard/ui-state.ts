import type {PickerState} from '../components/list-picker-state.js';
import type {TableState} from '../components/table-state.js';
import type {TextFieldState} from '../components/text-field-state.js';
import type {DaemonName} from '../platform/paths.js';
import type {PaneId} from './panes.js';

/** What fills the screen between header and footer; the main view lies under all of them. */
export type View =
	| {kind: 'vm'; name: string; top: number}
	| {kind: 'provider'; id: string; top: number}
	| {kind: 'port'; port: number; top: number}
	| {kind: 'daemon'; name: DaemonName; top: number}
	| LogView
	| PickerView
	| FormView
	| QuestionView
	| {kind: 'activity'; id: number; top: number};

/** A list in which something is looked for. */
export type PickerView =
	| {kind: 'help'; of: string; picker: PickerState}
	| {kind: 'palette'; picker: PickerState};

export type LogView = {
	kind: 'log';
	/** Whoever follows the log finds its view by this, whatever lies over it. */
	id: symbol;
	title: string;
	command: string;
	lines: readonly string[];
	isPaused: boolean;
	/** Undefined while it is not typed. */
	filter: string;
	isFiltering: boolean;
	/** Rows from the end; 0 follows it. */
	back: number;
	/** Columns of each line that are out of sight at the left. */
	column: number;
};

/** The wishes for a new VM. */
export type FormView = {
	kind: 'form';
	fields: readonly FormField[];
	focus: number;
	error: string | undefined;
};

export type FormField =
	| {id: string; label: string; kind: 'text'; field: TextFieldState; hint: string}
	| {id: string; label: string; kind: 'choice'; choices: readonly FormChoice[]; chosen: number; hint: string};
export type FormChoice = {value: string; label: string};

/** Asks before something that cannot be undone. */
export type QuestionView = {
	kind: 'question';
	question: string;
	command: string;
	/** What must be typed; undefined where `y` is enough. */
	mustType: string | undefined;
	typed: TextFieldState;
	/** Carried out when the answer is yes. */
	answer: () => void;
};

/** Something that goes on for a while, and the command that would do the same. */
export type Activity = {
	id: number;
	title: string;
	/** The VM that it is about, by its name. */
	vm: string | undefined;
	command: string;
	state: 'running' | 'done' | 'failed';
	steps: ReadonlyArray<{message: string; startedAt: number; endedAt: number | undefined}>;
	/** What a daemon writes while it starts. */
	output: readonly string[];
	result: string | undefined;
	hint: string | undefined;
};

/** A remark in the line above the keys. */
export type Message = {text: string; kind: 'info' | 'error'; at: number};

export type UiState = {
	size: {columns: number; rows: number};
	focus: PaneId;
	tables: Readonly<Record<PaneId, TableState>>;
	/** The pane whose filter is being typed. */
	filtering: TextFieldState | undefined;
	/** The last one is seen. */
	views: readonly View[];
	activities: readonly Activity[];
	message: Message | undefined;
	isMouseOn: boolean;
	/** Is there no more than ASCII? */
	isPlain: boolean;
	/** Ticks once a second while something shows an age or a duration. */
	now: number;
};

export const isPicker = (view: View): view is PickerView => view.kind === 'palette' || view.kind === 'help';

export const topView = ({views}: UiState): View | undefined => views.at(-1);

/** The VM that fills the screen: its details, or what is done to it. */
export function vmInView(ui: UiState): string | undefined {
	const view = topView(ui);
	return view?.kind === 'vm'
		? view.name
		: view?.kind === 'activity'
			? ui.activities.find(({id}) => id === view.id)?.vm
			: undefined;
}

export function withView(ui: UiState, view: View): UiState {
	return {...ui, views: [...ui.views, view]};
}

/** Changes the view that is seen, if it is of that kind. */
export function withTopView<Kind extends View['kind']>(
	ui: UiState,
	kind: Kind,
	change: (view: Extract<View, {kind: Kind}>) => View,
): UiState {
	const view = topView(ui);
	return view?.kind === kind
		? {...ui, views: ui.views.with(-1, change(view as Extract<View, {kind: Kind}>))}
		: ui;
}

export function withoutTopView(ui: UiState): UiState {
	return ui.views.length === 0 ? ui : {...ui, views: ui.views.slice(0, -1)};
}

export function withTable(ui: UiState, pane: PaneId, change: (table: TableState) => TableState): UiState {
	return {...ui, tables: {...ui.tables, [pane]: change(ui.tables[pane])}};
}

export function withActivity(ui: UiState, id: number, change: (activity: Activity) => Activity): UiState {
	return {
		...ui,
		activities: ui.activities.map(activity => (activity.id === id ? change(activity) : activity)),
	};
}
