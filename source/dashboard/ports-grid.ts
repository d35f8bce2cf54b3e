import type {GridCell} from '../components/port-grid.js';
import {glyphs, portCells} from '../hosting/ports-text.js';
import type {PortsReport} from '../protocol/control.js';
import {layoutOf, paneTitleRows} from './layout.js';
import type {UiState} from './ui-state.js';

/** Rows of the pane that are not the grid's: the API, the state, the counts. */
const rowsBesideGrid = 4;

/** The cells of the ports pane, and the room they have. */
export function gridRoom(
	ports: PortsReport | undefined,
	ui: UiState,
): {cells: GridCell[]; room: {columns: number; rows: number}} {
	const area = layoutOf(ui).panes.ports ?? {width: 0, height: 0};
	return {
		cells: ports ? portCells(ports.ports, glyphs(!ui.isPlain)) : [],
		room: {columns: area.width, rows: Math.max(1, area.height - paneTitleRows - rowsBesideGrid)},
	};
}
