import {
	type PickerAction,
	type PickerState,
	pickedItem,
	reducePicker,
} from '../components/list-picker-state.js';
import {reduceTextField} from '../components/text-field-state.js';
import type {InputEvent, KeyEvent, MouseEvent, PasteEvent} from '../terminal/input-event.js';
import {actionOf} from './actions/all-actions.js';
import {editField, moveFocus, submitForm, turnChoice} from './actions/create-vm.js';
import {act, focus} from './actions/general-actions.js';
import type {ActionId} from './bindings.js';
import {helpItems, paletteItems} from './key-items.js';
import {showKey} from './keymap.js';
import {keyOf} from './keys.js';
import {layoutOf, paneAt, paneTitleRows, pickerRows} from './layout.js';
import {navigate} from './navigation.js';
import {placesOf} from './places.js';
import {messageOf, type Runtime, tell} from './runtime.js';
import {editOf} from './text-input.js';
import {
	type FormView,
	type QuestionView,
	topView,
	type View,
	withoutTopView,
	withTopView,
} from './ui-state.js';

/** Carries out an action, or says why it cannot be done now. */
export function perform(runtime: Runtime, id: ActionId): void {
	if (navigate(runtime, id)) {
		return;
	}

	const action = actionOf(id);
	const reason = action?.unavailable?.(runtime);
	if (!action || reason !== undefined) {
		tell(runtime, reason ?? 'That cannot be done here.', 'error');
		return;
	}

	const run = async () => action.run(runtime);
	run().catch((error: unknown) => tell(runtime, messageOf(error), 'error'));
}

/** What somebody types, pastes or does with the mouse. */
export function handle(runtime: Runtime, event: InputEvent): void {
	if (event.type === 'mouse') {
		handleMouse(runtime, event);
		return;
	}

	const view = topView(runtime.ui.get());
	if (view && handleInView(runtime, view, event)) {
		return;
	}

	if (!view && runtime.ui.get().filtering) {
		typeFilter(runtime, event);
	} else if (event.type === 'key') {
		press(runtime, keyOf(event));
	}
}

function press(runtime: Runtime, key: string): void {
	const {ui, keymap} = runtime;
	const binding = keymap.find(key, placesOf(ui.get()));
	if (binding) {
		ui.update(state => (state.message ? {...state, message: undefined} : state));
		perform(runtime, binding.id as ActionId);
	} else {
		const [help = '?'] = keymap.keysOf('help');
		tell(runtime, `Nothing is on ${showKey(key)} here; ${showKey(help)} shows what is.`);
	}
}

/** @returns whether the view took it */
function handleInView(runtime: Runtime, view: View, event: KeyEvent | PasteEvent): boolean {
	switch (view.kind) {
		case 'form':
			handleForm(runtime, view, event);
			return true;
		case 'question':
			handleQuestion(runtime, view, event);
			return true;
		case 'palette': {
			const items = paletteItems(runtime);
			handlePicker(runtime, view, items, event, item => perform(runtime, item.id as ActionId));
			return true;
		}

		case 'help':
			handlePicker(runtime, view, helpItems(runtime, view.of), event, () => {});
			return true;
		case 'log':
			return view.isFiltering && handleLogFilter(runtime, event);
		default:
			return false;
	}
}

function isCancel(event: KeyEvent | PasteEvent): boolean {
	return event.type === 'key' && ['escape', 'ctrl-c', 'ctrl-g'].includes(keyOf(event));
}

function handleForm(runtime: Runtime, form: FormView, event: KeyEvent | PasteEvent): void {
	const {ui} = runtime;
	const change = (update: (form: FormView) => FormView) =>
		ui.update(state => withTopView(state, 'form', update));
	const key = event.type === 'key' ? keyOf(event) : '';
	const isChoice = form.fields[form.focus]?.kind === 'choice';
	if (isCancel(event)) {
		ui.update(withoutTopView);
	} else if (key === 'enter') {
		submitForm(runtime, form);
	} else if (['tab', 'down'].includes(key)) {
		change(known => moveFocus(known, 1));
	} else if (['shift-tab', 'up'].includes(key)) {
		change(known => moveFocus(known, -1));
	} else if (isChoice && ['right', 'space', 'l'].includes(key)) {
		change(known => turnChoice(known, 1));
	} else if (isChoice && ['left', 'h'].includes(key)) {
		change(known => turnChoice(known, -1));
	} else {
		const edit = editOf(event);
		if (edit) {
			change(known => editField(known, edit));
		}
	}
}

/** Enter alone is no. */
function handleQuestion(
	runtime: Runtime,
	{mustType, typed, answer}: QuestionView,
	event: KeyEvent | PasteEvent,
): void {
	const {ui} = runtime;
	const key = event.type === 'key' ? keyOf(event) : '';
	const isYes = mustType === undefined ? key === 'y' : key === 'enter' && typed.text === mustType;
	if (isYes) {
		ui.update(withoutTopView);
		answer();
	} else if (
		isCancel(event) ||
		(mustType === undefined && event.type === 'key') ||
		(key === 'enter' && typed.text === '')
	) {
		ui.update(withoutTopView);
		tell(runtime, 'Nothing was done.');
	} else if (key === 'enter') {
		tell(runtime, `That is not ${mustType}; Esc leaves it as it is.`, 'error');
	} else {
		const edit = editOf(event);
		if (edit) {
			ui.update(state =>
				withTopView(state, 'question', view => ({...view, typed: reduceTextField(view.typed, edit)})),
			);
		}
	}
}

const pickerMoves: Readonly<Record<string, PickerAction>> = {
	up: {type: 'move', by: -1},
	'ctrl-p': {type: 'move', by: -1},
	down: {type: 'move', by: 1},
	'ctrl-n': {type: 'move', by: 1},
	pageup: {type: 'page', by: -1},
	pagedown: {type: 'page', by: 1},
};

function handlePicker<Item extends {id: string; label: string}>(
	runtime: Runtime,
	{kind, picker}: {kind: 'palette' | 'help'; picker: PickerState},
	items: readonly Item[],
	event: KeyEvent | PasteEvent,
	pick: (item: Item) => void,
): void {
	const {ui} = runtime;
	const key = event.type === 'key' ? keyOf(event) : '';
	if (isCancel(event)) {
		ui.update(withoutTopView);
		return;
	}

	if (key === 'enter') {
		const item = pickedItem(picker, items);
		ui.update(withoutTopView);
		if (item) {
			pick(item);
		}

		return;
	}

	const edit = editOf(event);
	const action = pickerMoves[key] ?? (edit && {type: 'edit' as const, edit});
	if (action) {
		ui.update(state => {
			const resize: PickerAction = {type: 'resize', height: pickerRows(layoutOf(state))};
			return withTopView(state, kind, view => ({
				...view,
				picker: reducePicker(reducePicker(view.picker, resize, items), action, items),
			}));
		});
	}
}

function handleLogFilter(runtime: Runtime, event: KeyEvent | PasteEvent): boolean {
	const {ui} = runtime;
	const key = event.type === 'key' ? keyOf(event) : '';
	if (key === 'enter' || isCancel(event)) {
		ui.update(state =>
			withTopView(state, 'log', log => ({
				...log,
				isFiltering: false,
				...(key === 'enter' ? {} : {filter: '', back: 0}),
			})),
		);
		return true;
	}

	const edit = editOf(event);
	if (edit) {
		ui.update(state =>
			withTopView(state, 'log', log => ({
				...log,
				back: 0,
				filter: reduceTextField({text: log.filter, cursor: log.filter.length}, edit).text,
			})),
		);
	}

	return true;
}

function typeFilter(runtime: Runtime, event: KeyEvent | PasteEvent): void {
	const {ui} = runtime;
	const {filtering} = ui.get();
	const key = event.type === 'key' ? keyOf(event) : '';
	const end = () => ui.update(state => ({...state, filtering: undefined}));
	if (isCancel(event)) {
		act(runtime, {type: 'filter', text: ''});
		end();
	} else if (key === 'enter') {
		end();
	} else if (key === 'up' || key === 'down') {
		act(runtime, {type: 'move', by: key === 'up' ? -1 : 1});
	} else {
		const edit = editOf(event);
		if (edit && filtering) {
			const field = reduceTextField(filtering, edit);
			ui.update(state => ({...state, filtering: field}));
			act(runtime, {type: 'filter', text: field.text});
		}
	}
}

const wheelRows = 3;

function handleMouse(runtime: Runtime, {action, button, x, y}: MouseEvent): void {
	const {ui, tables, picture} = runtime;
	const state = ui.get();
	const place = topView(state) ? undefined : paneAt(layoutOf(state), x, y);
	const by = action === 'wheel-up' ? -wheelRows : action === 'wheel-down' ? wheelRows : 0;
	if (by !== 0) {
		if (place) {
			focus(runtime, place.pane);
		}

		for (let step = 0; step < wheelRows; step++) {
			navigate(runtime, by < 0 ? 'up' : 'down');
		}
	} else if (action === 'press' && button === 'left' && place) {
		focus(runtime, place.pane);
		// The first row below the title is the header.
		const row = tables[place.pane](picture.get(), ui.get())[
			ui.get().tables[place.pane].top + place.row - paneTitleRows
		];
		if (row && place.row >= 1 && place.pane !== 'ports') {
			act(runtime, {type: 'select', key: row.key});
		}
	}
}
