import {reduceTextField} from '../components/text-field-state.js';
import type {InputEvent, KeyEvent, PasteEvent} from '../terminal/input-event.js';
import {editField, moveFocus, submitForm, turnChoice} from './actions/create-vm.js';
import {act} from './actions/general-actions.js';
import type {ActionId} from './bindings.js';
import {showKey} from './keymap.js';
import {keyOf} from './keys.js';
import {layoutOf} from './layout.js';
import {handleMouse} from './mouse.js';
import {perform} from './perform.js';
import {handlePicker} from './pickers.js';
import {placesOf} from './places.js';
import {type Runtime, tell} from './runtime.js';
import {editOf, isCancel} from './text-input.js';
import {
	type FormView,
	type QuestionView,
	topView,
	type View,
	withoutTopView,
	withTopView,
} from './ui-state.js';

/** What somebody types, pastes or does with the mouse. */
export function handle(runtime: Runtime, event: InputEvent): void {
	if (layoutOf(runtime.ui.get()).mode === 'too-small') {
		handleUnseen(runtime, event);
		return;
	}

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

/** Where nothing is seen nothing is done, but for the ways out. */
function handleUnseen(runtime: Runtime, event: InputEvent): void {
	const id = event.type === 'key' ? runtime.keymap.find(keyOf(event), ['everywhere'])?.id : undefined;
	if (id === 'quit' || id === 'suspend') {
		perform(runtime, id);
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
		case 'palette':
		case 'help':
			handlePicker(runtime, view, event);
			return true;
		case 'log':
			return view.isFiltering && handleLogFilter(runtime, event);
		default:
			return false;
	}
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
