import type {Place} from './bindings.js';
import {topView, type UiState, vmInView} from './ui-state.js';

/** Where the user is, as far as keys go; the closest first. */
export function placesOf(ui: UiState): Place[] {
	const view = topView(ui);
	switch (view?.kind) {
		case undefined:
			return [ui.focus, 'main', 'everywhere'];
		case 'vm':
		case 'provider':
		case 'port':
		case 'daemon':
		case 'log':
			return [view.kind, 'everywhere'];
		case 'activity':
			return [view.kind, ...(vmInView(ui) === undefined ? [] : (['vm'] as const)), 'everywhere'];
		default:
			// What is typed there is text.
			return [];
	}
}
