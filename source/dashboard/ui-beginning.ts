import {emptyTable} from '../components/table-state.js';
import {showsUnicode} from '../hosting/ports-text.js';
import type {UiState} from './ui-state.js';

export function firstState(): UiState {
	return {
		size: {columns: 80, rows: 24},
		focus: 'vms',
		tables: {vms: emptyTable, providers: emptyTable, ports: emptyTable, daemons: emptyTable},
		filtering: undefined,
		views: [],
		activities: [],
		message: undefined,
		isMouseOn: false,
		isPlain: !showsUnicode(process.env),
		now: Date.now(),
	};
}

/** As at the beginning, but for what the terminal has from before and what was said last. */
export function stateInNextHome({size, isMouseOn, message}: UiState): UiState {
	return {...firstState(), size, isMouseOn, message};
}
