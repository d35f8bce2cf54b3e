import {type PaneId, paneIds} from './panes.js';
import type {UiState} from './ui-state.js';

export type Rectangle = {x: number; y: number; width: number; height: number};

/** Where everything is, for a given size of the terminal. */
export type Layout = {
	/** `tiles`: all panes at once. `tabs`: one of them. */
	mode: 'tiles' | 'tabs' | 'too-small';
	/** Panes that are seen, each with its title row. */
	panes: Partial<Record<PaneId, Rectangle>>;
	/** Between header and footer. */
	body: Rectangle;
};

export const leastSize = {columns: 60, rows: 16} as const;
const tilesFrom = {columns: 100, rows: 30} as const;
const headerRows = 2;
/** The remark, and the keys. */
const footerRows = 2;
/** Of each pane's rectangle. */
export const paneTitleRows = 1;
const daemonRows = 6;

export function layoutOf({size: {columns, rows}, focus}: Pick<UiState, 'size' | 'focus'>): Layout {
	const body = {x: 0, y: headerRows, width: columns, height: Math.max(0, rows - headerRows - footerRows)};
	if (columns < leastSize.columns || rows < leastSize.rows) {
		return {mode: 'too-small', panes: {}, body: {x: 0, y: 0, width: columns, height: rows}};
	}

	if (columns < tilesFrom.columns || rows < tilesFrom.rows) {
		// The title row of the pane is the row of tabs.
		return {mode: 'tabs', panes: {[focus]: body}, body};
	}

	const leftWidth = Math.ceil(columns * 0.6);
	const rightX = leftWidth + 1;
	const vmsHeight = Math.floor(body.height * 0.4);
	const portsHeight = body.height - daemonRows;
	const right = {x: rightX, width: columns - rightX};
	return {
		mode: 'tiles',
		body,
		panes: {
			vms: {x: 0, y: body.y, width: leftWidth, height: vmsHeight},
			providers: {x: 0, y: body.y + vmsHeight, width: leftWidth, height: body.height - vmsHeight},
			ports: {...right, y: body.y, height: portsHeight},
			daemons: {...right, y: body.y + portsHeight, height: daemonRows},
		},
	};
}

/** Rows of a pane's table, below its title and its header. */
export function tableRows({height}: Rectangle): number {
	return Math.max(1, height - paneTitleRows - 1);
}

/** Of a picker: its title, a blank, and what is typed. */
export const pickerHeadRows = 3;

/** Rows of a picker's list. */
export function pickerRows({body}: Pick<Layout, 'body'>): number {
	return Math.max(1, body.height - pickerHeadRows);
}

/** The pane at a cell of the screen, and the row in it, counted from below its title. */
export function paneAt(
	layout: Layout,
	x: number,
	y: number,
): {pane: PaneId; row: number; column: number} | undefined {
	for (const pane of paneIds) {
		const area = layout.panes[pane];
		if (area && x >= area.x && x < area.x + area.width && y >= area.y && y < area.y + area.height) {
			return {pane, row: y - area.y - paneTitleRows, column: x - area.x};
		}
	}

	return undefined;
}
