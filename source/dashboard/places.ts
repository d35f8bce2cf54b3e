import type {Place} from './bindings.js';
import {topView, type UiState} from './ui-state.js';

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
		case 'activity':
			return [view.kind, 'everywhere'];
		default:
			// What is typed there is text.
			return [];
	}
}
