import test from 'ava';
import {displayWidth} from '../../../../source/components/display-text.js';
import {textField} from '../../../../source/components/text-field-state.js';
import {layoutOf, leastSize} from '../../../../source/dashboard/layout.js';
import {type Line, wrapLine} from '../../../../source/dashboard/screen/lines.js';
import {formLines, questionLines} from '../../../../source/dashboard/screen/overlay-lines.js';
import {type FormView, topView} from '../../../../source/dashboard/ui-state.js';
import {createStage, entry, withProviders} from '../_stand-ins.js';
import {textOf} from '../details/_texts.js';

const {width, height} = layoutOf({size: leastSize, focus: 'vms'}).body;
const rowsOf = (lines: readonly Line[]) => lines.flatMap(line => wrapLine(line, width));

test('the smallest window has room for what is wrong with a form, and for its command', t => {
	const stage = createStage(t);
	stage.picture.update(picture => withProviders(picture, [entry(1)]));
	stage.type(`2c\u0015${'x'.repeat(70)}\r`);
	const form = topView(stage.ui.get()) as FormView;
	const rows = rowsOf(formLines(form, {width, height}));
	t.true(rows.length <= height, textOf(rows));
	t.regex(textOf(rows), /x▏$/m);
	t.regex(textOf(rows), /! The name must have at most 64 characters\./);
	t.regex(textOf(rows), /The same: golem vm create/);
	t.regex(textOf(rows), /Image/);
	const explained = textOf(formLines(form, {width, height: 20}));
	t.regex(explained, /what runs in it/);
	t.notRegex(textOf(rows), /what runs in it/);
});

test('of a name that is typed the end is seen, however long it is', t => {
	const rows = questionLines(
		{
			kind: 'question',
			question: 'Destroy web?',
			command: 'golem vm destroy web',
			mustType: 'web',
			typed: textField(`${'x'.repeat(80)}end`),
			answer: () => {},
		},
		width,
	);
	const typed = textOf(rows)
		.split('\n')
		.find(row => row.startsWith('  > '));
	t.regex(typed ?? '', /xend▏$/);
	t.is(displayWidth(typed ?? ''), width);
});

test('a long value goes on under its beginning, and a long sentence a little further in', t => {
	const words = Array.from({length: 12}, (_, index) => `word${index}`).join(' ');
	const starts = (line: Line) =>
		textOf(wrapLine(line, 40))
			.trimEnd()
			.split('\n')
			.map(row => row.search(/word/));
	t.deepEqual(new Set(starts([{text: '  images    '}, {text: words}])), new Set([12]));
	t.deepEqual(new Set(starts([{text: `  ${words}`}]).slice(1)), new Set([6]));
	t.deepEqual(new Set(starts([{text: ' '.repeat(20)}, {text: words}]).slice(1)), new Set([4]));
});
