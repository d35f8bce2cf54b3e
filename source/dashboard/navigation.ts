import {gridShape} from '../components/port-grid.js';
import type {TableAction} from '../components/table-state.js';
import {act} from './actions/general-actions.js';
import type {ActionId} from './bindings.js';
import {layoutOf} from './layout.js';
import {logRows, scrollLog, shiftLog} from './log-view.js';
import {gridRoom} from './ports-grid.js';
import type {Runtime} from './runtime.js';
import {topView, type View, withTopView} from './ui-state.js';

/** Columns, where a log is read that is wider than the screen. */
const sideStep = 20;

const steps: Readonly<
	Partial<Record<ActionId, {rows?: number; pages?: number; to?: 'home' | 'end'; cells?: number}>>
> = {
	up: {rows: -1},
	down: {rows: 1},
	left: {cells: -1},
	right: {cells: 1},
	'page-up': {pages: -1},
	'page-down': {pages: 1},
	home: {to: 'home'},
	end: {to: 'end'},
};

/** Moves what is selected or what is seen. @returns whether the action is one that does so */
export function navigate(runtime: Runtime, id: ActionId): boolean {
	const step = steps[id];
	if (!step) {
		return false;
	}

	const {ui} = runtime;
	const view = topView(ui.get());
	const page = Math.max(1, layoutOf(ui.get()).body.height - 2);
	if (view?.kind === 'log' && step.cells !== undefined) {
		const by = step.cells * sideStep;
		ui.update(state => withTopView(state, 'log', log => shiftLog(log, by)));
		return true;
	}

	if (view) {
		scroll(
			runtime,
			view,
			step.to
				? step.to === 'home'
					? Number.NEGATIVE_INFINITY
					: Number.POSITIVE_INFINITY
				: (step.rows ?? 0) + (step.pages ?? 0) * page,
		);
		return true;
	}

	const action = ui.get().focus === 'ports' ? inGrid(runtime, step) : inTable(step);
	if (action) {
		act(runtime, action);
	}

	return true;
}

type Step = NonNullable<(typeof steps)[ActionId]>;

function inTable({rows, pages, to}: Step): TableAction | undefined {
	if (to) {
		return {type: to};
	}

	return rows !== undefined
		? {type: 'move', by: rows}
		: pages !== undefined
			? {type: 'page', by: pages}
			: undefined;
}

/** The cells of the grid are rows of a table to its state; up and down go by as many as a row of the grid has. */
function inGrid({ui, picture}: Runtime, {rows, pages, to, cells}: Step): TableAction | undefined {
	const {ports} = picture.get();
	if (to) {
		return {type: to};
	}

	if (cells !== undefined) {
		return {type: 'move', by: cells};
	}

	const {cells: all, room} = gridRoom(ports, ui.get());
	const {cellsPerRow, rows: shownRows} = gridShape(all, room);
	return {type: 'move', by: ((rows ?? 0) + (pages ?? 0) * Math.max(1, shownRows - 1)) * cellsPerRow};
}

/** What is below the end is kept out by whoever draws, which knows how long it is. */
function scroll({ui, drawn}: Runtime, view: View, by: number): void {
	if (view.kind === 'log') {
		ui.update(state => withTopView(state, 'log', log => scrollLog(log, by, logRows(state))));
	} else if ('top' in view) {
		ui.update(state => {
			const from = Math.min(view.top, drawn.top);
			const top = Math.max(0, Math.min(maximumTop, by === Number.NEGATIVE_INFINITY ? 0 : from + by));
			return withTopView(state, view.kind, known => ({...known, top}));
		});
	}
}

const maximumTop = 10_000;
