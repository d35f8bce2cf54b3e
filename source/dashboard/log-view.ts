import {displayWidth} from '../components/display-text.js';
import {matchesQuery, parseQuery} from '../components/fuzzy.js';
import {layoutOf} from './layout.js';
import type {LogView, UiState} from './ui-state.js';

const maximumLines = 2000;
/** Where somebody holds it, what they read is kept for as long as so many come behind it. */
const maximumHeldLines = 20_000;

/** The lines that are shown: all of them, or those that the filter lets through. */
export function shownLines({lines, filter}: Pick<LogView, 'lines' | 'filter'>): readonly string[] {
	const query = parseQuery(filter);
	return filter === '' ? lines : lines.filter(line => matchesQuery(query, [line]));
}

/** Rows of a log that are seen at once, below its title. */
export function logRows(ui: Pick<UiState, 'size' | 'focus'>): number {
	return Math.max(1, layoutOf(ui).body.height - 1);
}

/** Adds what has been written. Where somebody reads further up, what they read stays where it is. */
export function withLogLines(view: LogView, lines: readonly string[]): LogView {
	const isHeld = view.isPaused || view.back > 0;
	return {
		...view,
		lines: [...view.lines, ...lines].slice(-(isHeld ? maximumHeldLines : maximumLines)),
		back: isHeld ? view.back + shownLines({lines, filter: view.filter}).length : 0,
	};
}

/** @param by rows towards the end; infinite for the end and the beginning */
export function scrollLog(view: LogView, by: number, rows: number): LogView {
	const most = Math.max(0, shownLines(view).length - rows);
	return {...view, back: Math.max(0, Math.min(most, Math.min(most, view.back) - by))};
}

/** @param by columns to the right, as far as there is anything */
export function shiftLog(view: LogView, by: number): LogView {
	const longest = shownLines(view).reduce((most, line) => Math.max(most, displayWidth(line)), 0);
	return {...view, column: Math.max(0, Math.min(longest - 1, view.column + by))};
}

/** Changes the log with that id, wherever it is among the views. */
export function withLog(ui: UiState, id: LogView['id'], change: (log: LogView) => LogView): UiState {
	return {
		...ui,
		views: ui.views.map(view => (view.kind === 'log' && view.id === id ? change(view) : view)),
	};
}
