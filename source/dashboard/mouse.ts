import type {MouseEvent} from '../terminal/input-event.js';
import {act, focus} from './actions/general-actions.js';
import {layoutOf, paneAt, paneTitleRows} from './layout.js';
import {navigate} from './navigation.js';
import {tabAt} from './panes.js';
import {changePicker, clickPicker} from './pickers.js';
import type {Runtime} from './runtime.js';
import {isPicker, topView} from './ui-state.js';

const wheelRows = 3;

/** What somebody does with the mouse, at a cell counted from 0. */
export function handleMouse(runtime: Runtime, {action, button, x, y}: MouseEvent): void {
	if (action === 'wheel-up' || action === 'wheel-down') {
		turnWheel(runtime, action === 'wheel-up' ? -1 : 1, x, y);
	} else if (action === 'press' && button === 'left') {
		click(runtime, x, y);
	}
}

function turnWheel(runtime: Runtime, direction: -1 | 1, x: number, y: number): void {
	const state = runtime.ui.get();
	const view = topView(state);
	if (view && isPicker(view)) {
		changePicker(runtime, view, {type: 'move', by: direction * wheelRows});
		return;
	}

	const place = view ? undefined : paneAt(layoutOf(state), x, y);
	if (place) {
		focus(runtime, place.pane);
	}

	for (let step = 0; step < wheelRows; step++) {
		navigate(runtime, direction < 0 ? 'up' : 'down');
	}
}

function click(runtime: Runtime, x: number, y: number): void {
	const {ui, tables, picture} = runtime;
	const view = topView(ui.get());
	if (view) {
		if (isPicker(view)) {
			clickPicker(runtime, view, y);
		}

		return;
	}

	const layout = layoutOf(ui.get());
	const place = paneAt(layout, x, y);
	if (!place) {
		return;
	}

	const isTitle = place.row < 0;
	if (isTitle && layout.mode === 'tabs') {
		focus(runtime, tabAt(place.column) ?? place.pane);
		return;
	}

	focus(runtime, place.pane);
	// The first row below the title is the header.
	const row = tables[place.pane](picture.get(), ui.get())[
		ui.get().tables[place.pane].top + place.row - paneTitleRows
	];
	if (row && place.row >= 1 && place.pane !== 'ports') {
		act(runtime, {type: 'select', key: row.key});
	}
}
