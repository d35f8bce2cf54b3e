import {
	type PickerAction,
	type PickerItem,
	type PickerState,
	pickedItem,
	pickerMatches,
	reducePicker,
} from '../components/list-picker-state.js';
import type {KeyEvent, PasteEvent} from '../terminal/input-event.js';
import type {ActionId} from './bindings.js';
import {helpItems, paletteItems} from './key-items.js';
import {keyOf} from './keys.js';
import {layoutOf, pickerHeadRows, pickerRows} from './layout.js';
import {perform} from './perform.js';
import type {Runtime} from './runtime.js';
import {editOf, isCancel} from './text-input.js';
import {type PickerView, type UiState, withoutTopView, withTopView} from './ui-state.js';

const moves: Readonly<Record<string, PickerAction>> = {
	up: {type: 'move', by: -1},
	'ctrl-p': {type: 'move', by: -1},
	down: {type: 'move', by: 1},
	'ctrl-n': {type: 'move', by: 1},
	pageup: {type: 'page', by: -1},
	pagedown: {type: 'page', by: 1},
};

/** What there is to pick. */
export function pickerItems(runtime: Runtime, view: PickerView): PickerItem[] {
	return view.kind === 'palette' ? paletteItems(runtime) : helpItems(runtime, view.of);
}

export function handlePicker(runtime: Runtime, view: PickerView, event: KeyEvent | PasteEvent): void {
	const key = event.type === 'key' ? keyOf(event) : '';
	if (isCancel(event)) {
		runtime.ui.update(withoutTopView);
	} else if (key === 'enter') {
		pick(runtime, view, pickerItems(runtime, view));
	} else {
		const edit = editOf(event);
		const action = moves[key] ?? (edit && {type: 'edit' as const, edit});
		if (action) {
			changePicker(runtime, view, action);
		}
	}
}

/** What is selected changes; undone where another view has come up meanwhile. */
export function changePicker(runtime: Runtime, {kind}: PickerView, action: PickerAction): void {
	runtime.ui.update(state =>
		withTopView(state, kind, view => {
			const items = pickerItems(runtime, view);
			return {...view, picker: reducePicker(asDrawn(view.picker, items, state), action, items)};
		}),
	);
}

/**
A click selects; one on what is selected picks it.
@param y of the screen
*/
export function clickPicker(runtime: Runtime, view: PickerView, y: number): void {
	const ui = runtime.ui.get();
	const items = pickerItems(runtime, view);
	const {top, height, index, query} = asDrawn(view.picker, items, ui);
	const row = y - layoutOf(ui).body.y - pickerHeadRows;
	const clicked = top + row;
	if (row < 0 || row >= height || clicked >= pickerMatches(items, query.text).length) {
		return;
	}

	if (clicked === index) {
		pick(runtime, view, items);
	} else {
		changePicker(runtime, view, {type: 'move', by: clicked - index});
	}
}

/** It may have been as high as another window since it was last touched. */
function asDrawn(picker: PickerState, items: readonly PickerItem[], ui: UiState): PickerState {
	return reducePicker(picker, {type: 'resize', height: pickerRows(layoutOf(ui))}, items);
}

/** Help is for reading: what is picked there is left as it is. */
function pick(runtime: Runtime, view: PickerView, items: readonly PickerItem[]): void {
	const item = pickedItem(view.picker, items);
	runtime.ui.update(withoutTopView);
	if (item && view.kind === 'palette') {
		perform(runtime, item.id as ActionId);
	}
}
