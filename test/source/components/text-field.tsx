import test from 'ava';
import chalk from 'chalk';
import fc from 'fast-check';
import {renderToString} from 'ink';
import {displayText, displayWidth, graphemes} from '../../../source/components/display-text.js';
import {TextField, textFieldParts, writtenText} from '../../../source/components/text-field.js';
import {
	emptyTextField,
	reduceTextField,
	type TextFieldAction,
	type TextFieldState,
	textField,
} from '../../../source/components/text-field-state.js';
import {hostileText} from './_texts.js';

/** `|` stands where the cursor is. */
const shown = ({text, cursor}: TextFieldState) => `${text.slice(0, cursor)}|${text.slice(cursor)}`;
const field = (text: string): TextFieldState => ({text: text.replace('|', ''), cursor: text.indexOf('|')});
const edits = [
	'backspace',
	'delete',
	'left',
	'right',
	'wordLeft',
	'wordRight',
	'home',
	'end',
	'deleteWord',
	'killToStart',
	'killToEnd',
	'killLine',
] as const;

for (const [before, type, after] of [
	['ab|c', 'backspace', 'a|c'],
	['|abc', 'backspace', '|abc'],
	['ab|c', 'delete', 'ab|'],
	['漢|字', 'left', '|漢字'],
	['a|é́b', 'right', 'aé́|b'],
	['my-vm one|', 'wordLeft', 'my-vm |one'],
	['my-vm |one', 'wordLeft', 'my-|vm one'],
	['|my-vm', 'wordRight', 'my|-vm'],
	['my|-vm', 'wordRight', 'my-vm|'],
	['a|bc', 'home', '|abc'],
	['a|bc', 'end', 'abc|'],
	['one two|!', 'deleteWord', 'one |!'],
	['one |two', 'killToStart', '|two'],
	['one |two', 'killToEnd', 'one |'],
	['one |two', 'killLine', '|'],
] as const) {
	test(`${type} makes ${before} into ${after}`, t => {
		t.is(shown(reduceTextField(field(before), {type})), after);
	});
}

test('what is inserted goes before the cursor, cleaned of what cannot be drawn', t => {
	const insert = (into: string, text: string) => shown(reduceTextField(field(into), {type: 'insert', text}));
	t.is(insert('a|c', 'b'), 'ab|c');
	t.is(insert('a|', 'one\ntwo\u001B[A'), 'aone two�[A|');
	t.is(insert('e|x', '\u0301'), 'é|x');
	t.is(insert('|', '漢'), '漢|');
});

const anyAction: fc.Arbitrary<TextFieldAction> = fc.oneof(
	hostileText.map(text => ({type: 'insert' as const, text})),
	fc.constantFrom(...edits).map(type => ({type})),
);
const anyState = fc
	.array(anyAction, {maxLength: 15})
	.map(actions => actions.reduce(reduceTextField, emptyTextField));

test('whatever is typed, the text can be drawn and the cursor stands between two characters', t => {
	fc.assert(
		fc.property(anyState, ({text, cursor}) => {
			t.is(displayText(text), text);
			t.deepEqual([...graphemes(text.slice(0, cursor)), ...graphemes(text.slice(cursor))], graphemes(text));
		}),
		{numRuns: 1000},
	);
});

test('a field is as wide as wanted, and its cursor is seen', t => {
	fc.assert(
		fc.property(
			anyState,
			fc.integer({min: 1, max: 30}),
			fc.constantFrom('block', 'bar'),
			(state, width, look) => {
				const {before, at, after} = textFieldParts(state, width, look);
				t.is(displayWidth(before) + displayWidth(at) + displayWidth(after), width);
				t.true(displayWidth(at) >= 1);
				t.true(state.text.slice(0, state.cursor).endsWith(before));
			},
		),
		{numRuns: 1000},
	);
});

test('a field that is one text has its cursor in it, wherever that is', t => {
	t.is(writtenText(textField('abcdef'), 4), 'def▏');
	t.is(writtenText(textField('abc'), 10), 'abc▏');
	t.is(writtenText(field('a|bcdef'), 4), 'a▏bc');
	t.is(writtenText(textField('abc'), 0), '');
});

test('a field scrolls with its cursor', t => {
	t.deepEqual(textFieldParts(textField('abcdef'), 4, 'block'), {before: 'def', at: ' ', after: ''});
	t.deepEqual(textFieldParts(field('a|bcdef'), 4, 'block'), {before: 'a', at: 'b', after: 'cd'});
	t.deepEqual(textFieldParts(field('abcde|f'), 4, 'bar'), {before: 'cde', at: '│', after: ''});
});

test.serial(
	'the cursor is seen with colours and without, and the placeholder while nothing is written',
	t => {
		const level = chalk.level;
		const draw = (state: TextFieldState, isFocused = true) =>
			renderToString(<TextField state={state} width={6} isFocused={isFocused} placeholder="name" />);
		try {
			chalk.level = 3;
			t.is(draw(field('a|bc')), 'a\u001B[7mb\u001B[27mc');
			t.is(draw(emptyTextField), '\u001B[7mn\u001B[27m\u001B[2mame  \u001B[22m');
			chalk.level = 0;
			t.is(draw(field('a|bc')), 'a│bc');
			t.is(draw(emptyTextField), '│name');
			t.is(draw(field('a|bc'), false), 'abc');
			t.is(draw(emptyTextField, false), 'name');
		} finally {
			chalk.level = level;
		}
	},
);
