import {type GridCell, type GridShape, gridShape} from '../components/port-grid.js';
import type {Span} from '../components/text-line.js';
import {issueRows} from './issue-rows.js';
import {type Glyphs, portCells, portLegend} from './ports-text.js';
import {
	checkerLines,
	eventLines,
	footerLine,
	headerLines,
	type ScreenState,
	statusLine,
	type VerificationRow,
	verificationRow,
} from './screen-rows.js';

export type Size = {columns: number; rows: number};

/** The rows of the screen, from top to bottom; never more than two less than the terminal has. */
export type ScreenLayout = VerificationRow & {
	header: Span[][];
	checkers: Span[][];
	cells: GridCell[];
	grid: GridShape;
	legend: Span[] | undefined;
	status: Span[] | undefined;
	issues: Span[][];
	events: Span[][];
	footer: Span[] | undefined;
	/** Is there room for empty rows between the parts? */
	isAiry: boolean;
};

const emptyGrid: GridShape = {cellsPerRow: 1, rows: 0, shown: 0, isSpaced: true};
const noVerification = {progress: undefined, verified: undefined};
/** On a terminal of fewer rows only the line that says whether all is well is shown. */
const leastRows = 12;
/** What the grid gets where issues want room too. */
const leastGridRows = 3;
const emptyRows = 3;

/** Shares out the rows: what must be seen first, then the grid, issues, port checkers, air, and news. */
export function layOutScreen(state: ScreenState, {columns, rows}: Size, glyphs: Glyphs): ScreenLayout {
	const {report, status, mode} = state;
	const isHost = mode === 'host';
	const header = headerLines(state, glyphs);
	const footer = isHost ? footerLine(state) : undefined;
	const nothing = {checkers: [], issues: [], events: [], cells: [], grid: emptyGrid, isAiry: false};
	if (!report) {
		return {...nothing, ...noVerification, header, legend: undefined, status: undefined, footer};
	}

	if (rows < leastRows) {
		const readinessOnly = isHost ? statusLine(report, status, glyphs) : portLegend(report.ports, glyphs);
		return {
			...nothing,
			...noVerification,
			header: header.slice(0, 1),
			legend: undefined,
			status: readinessOnly,
			footer,
		};
	}

	const cells = portCells(report.ports, glyphs);
	// Header, verification and legend; of a provider that goes on, its readiness and the keys too.
	let free = rows - 2 - header.length - 2 - (isHost ? 2 : 0);
	const take = (wanted: number) => {
		const given = Math.max(0, Math.min(wanted, free));
		free -= given;
		return given;
	};
	const wantedForIssues = isHost ? issueRows(report.issues, columns, Number.POSITIVE_INFINITY).length : 0;
	const forIssues = Math.min(wantedForIssues, Math.ceil(free / 2));
	const grid = gridShape(cells, {columns, rows: Math.max(Math.min(leastGridRows, free), free - forIssues)});
	take(grid.rows);
	const issues = isHost ? issueRows(report.issues, columns, take(wantedForIssues)) : [];
	const checkers = checkerLines(report, glyphs);
	const shownCheckers = checkers.slice(0, take(checkers.length));
	const isAiry = free >= emptyRows;
	take(isAiry ? emptyRows : 0);
	const events = isHost && status ? eventLines(status, state.nowMs) : [];
	return {
		header,
		...verificationRow(report, columns, state.nowMs),
		checkers: shownCheckers,
		cells,
		grid,
		legend: portLegend(report.ports, glyphs),
		status: isHost ? statusLine(report, status, glyphs) : undefined,
		issues,
		events: events.slice(0, take(events.length)),
		footer,
		isAiry,
	};
}
