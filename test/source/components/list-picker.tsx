import test from 'ava';
import chalk from 'chalk';
import fc from 'fast-check';
import {renderToString} from 'ink';
import {displayWidth} from '../../../source/components/display-text.js';
import {ListPicker, pickerLineParts} from '../../../source/components/list-picker.js';
import {
	emptyPicker,
	type PickerAction,
	type PickerState,
	pickedItem,
	pickerMatches,
	reducePicker,
} from '../../../source/components/list-picker-state.js';
import {textField} from '../../../source/components/text-field-state.js';
import {hostileText} from './_texts.js';

const items = [
	{id: 'stop', label: 'Stop VM', detail: 's'},
	{id: 'start', label: 'Start VM', keywords: 'boot run'},
	{id: 'top', label: 'Show what tops the list'},
	{id: 'help', label: 'Help', detail: '?'},
] as const;
const idsFor = (query: string) => pickerMatches(items, query).map(({item}) => item.id);
const asked = (query: string): PickerState => ({...emptyPicker, height: 3, query: textField(query)});

test('what answers is ranked, names before keywords', t => {
	t.deepEqual(idsFor(''), ['stop', 'start', 'top', 'help']);
	t.deepEqual(idsFor('stop'), ['stop', 'top']);
	t.deepEqual(idsFor('boot'), ['start']);
	t.deepEqual(idsFor('run'), ['start']);
	const named = {id: 'named', label: 'xb oxo xt'};
	t.is(pickerMatches([...items, named], 'boot')[0]?.item.id, 'named');
	t.deepEqual(idsFor('vm !start'), ['stop']);
	t.deepEqual(idsFor('nothing'), []);
});

test('another query puts the selection on its best match; moving the cursor does not', t => {
	const moved = reducePicker(asked(''), {type: 'move', by: 3}, items);
	t.like(moved, {index: 3, top: 1});
	t.is(pickedItem(moved, items)?.id, 'help');
	const typed = reducePicker(moved, {type: 'edit', edit: {type: 'insert', text: 's'}}, items);
	t.is(pickedItem(typed, items)?.id, 'stop');
	t.like(reducePicker(moved, {type: 'edit', edit: {type: 'home'}}, items), {index: 3});
	t.is(pickedItem(asked('nothing'), items), undefined);
});

const anyAction: fc.Arbitrary<PickerAction> = fc.oneof(
	fc.record({type: fc.constant('move' as const), by: fc.integer({min: -9, max: 9})}),
	fc.record({type: fc.constant('page' as const), by: fc.constantFrom(-1, 1)}),
	fc.record({type: fc.constantFrom('home' as const, 'end' as const)}),
	fc.record({type: fc.constant('resize' as const), height: fc.integer({min: 0, max: 5})}),
	fc
		.constantFrom({type: 'insert' as const, text: 's'}, {type: 'backspace' as const})
		.map(edit => ({type: 'edit' as const, edit})),
);

test('whatever happens, a match is selected where there is one, and it is seen', t => {
	fc.assert(
		fc.property(fc.array(anyAction, {maxLength: 15}), actions => {
			let state = emptyPicker;
			for (const action of actions) {
				state = reducePicker(state, action, items);
				const count = pickerMatches(items, state.query.text).length;
				t.true(state.index >= 0 && state.index < Math.max(1, count));
				t.true(state.index >= state.top && state.index < state.top + state.height);
				t.true(state.top >= 0 && state.top <= Math.max(0, count - state.height));
				t.is(pickedItem(state, items) === undefined, count === 0);
			}
		}),
	);
});

test.serial('a picker has its query, and under it the matches that fit, one of them marked', t => {
	const level = chalk.level;
	const draw = (state: PickerState) =>
		renderToString(<ListPicker items={items} state={state} width={20} placeholder="command" />, {columns: 20})
			.split('\n')
			.map(line => line.trimEnd());
	try {
		chalk.level = 0;
		t.deepEqual(draw(asked('')), [
			'> │command',
			'› Stop VM          s',
			'  Start VM',
			'  Show what tops th…',
		]);
		t.deepEqual(draw({...asked(''), index: 3, top: 1}), [
			'> │command',
			'  Start VM',
			'  Show what tops th…',
			'› Help             ?',
		]);
		t.deepEqual(draw(asked('xyz')), ['> xyz│', '  nothing found', '', '']);
		chalk.level = 3;
		const [, first = ''] = draw(asked('vm !start'));
		t.is(first, '\u001B[7m› Stop \u001B[4m\u001B[1mVM\u001B[22m\u001B[24m          s\u001B[27m');
	} finally {
		chalk.level = level;
	}
});

test('a line is as wide as wanted, whatever the item is called', t => {
	fc.assert(
		fc.property(hostileText, hostileText, fc.integer({min: 2, max: 40}), (label, detail, width) => {
			for (const item of [
				{id: '1', label, detail},
				{id: '1', label, detail, mark: 'D'},
				{id: '1', label, mark: detail},
			]) {
				const parts = pickerLineParts(item, width);
				t.is(displayWidth(parts.label) + displayWidth(parts.detail), width - 2);
			}
		}),
	);
});

test('a key is shown however long what it does is told', t => {
	const item = {id: 'vm.stop', label: 'Stop the VM', detail: 'not now: web is stopped already', mark: 'x'};
	const drawn = (width: number) => Object.values(pickerLineParts(item, width)).join('');
	t.is(drawn(52), 'Stop the VM     not now: web is stopped already  x');
	t.is(drawn(40), 'Stop the VM  not now: web is stopp…  x');
	t.is(drawn(22), 'Stop the VM        x');
	t.is(drawn(12), 'Stop t…  x');
});
