import test from 'ava';
import fc from 'fast-check';
import {
	displayText,
	displayWidth,
	fitText,
	graphemes,
	truncateText,
} from '../../../source/components/display-text.js';
import {written} from './_emulator.js';
import {hostileText} from './_texts.js';

const dangerous = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

for (const [text, shown] of [
	['my-vm', 'my-vm'],
	['café', 'café'],
	['cafe\u0301', 'café'],
	['\u001B[31mred\u001B[0m', '�[31mred�[0m'],
	['one\r\ntwo\tthree\u2028four', 'one  two three four'],
	['abc\u202Efed', 'abcfed'],
	['a\u200Bb\uFEFFc\u00ADd', 'abcd'],
	['👩‍👧', '👩👧'],
	['👍🏽', '👍'],
	['🇨🇭', 'CH'],
	['1️⃣ ❤️', '1 ❤'],
	['\uD83D!', '�!'],
	['\u0301a', '�a'],
	['a\u0D4E', 'a�'],
	['\u0301\u093E', '�'],
	['ไทย नमन 漢字', 'ไทย नमन 漢字'],
] as const) {
	test(`${JSON.stringify(text)} is shown as ${shown}`, t => {
		t.is(displayText(text), shown);
	});
}

test('marks upon marks are cut', t => {
	t.is(graphemes(displayText(`a${'\u0336'.repeat(100)}b`)).length, 2);
	t.is(displayText(`a${'\u0336'.repeat(100)}b`).length, 6);
});

test('a text without end is cut before it is looked at', t => {
	t.true(displayText('漢'.repeat(100_000)).length <= 1000);
	t.true(displayText('x'.repeat(100_000)).length <= 1000);
});

test('what is shown has nothing in it that a terminal acts on, and stays as it is', t => {
	fc.assert(
		fc.property(hostileText, text => {
			const shown = displayText(text);
			t.notRegex(shown, dangerous);
			t.is(displayText(shown), shown);
		}),
		{numRuns: 2000},
	);
	t.pass();
});

test('whatever the text, it takes exactly the wanted columns of a terminal', async t => {
	await fc.assert(
		fc.asyncProperty(
			hostileText,
			fc.integer({min: 0, max: 40}),
			fc.constantFrom('left', 'right'),
			async (text, width, align) => {
				const fitted = fitText(text, width, align);
				const {column, row, isChanged} = await written(`${fitted}|`, 60);
				t.deepEqual(
					{column, row, isChanged},
					{column: width + 1, row: 0, isChanged: false},
					JSON.stringify(fitted),
				);
			},
		),
		{numRuns: 500},
	);
});

test('a cut text ends in … and no character of it is cut in two', t => {
	fc.assert(
		fc.property(hostileText, fc.integer({min: 1, max: 20}), (text, width) => {
			const whole = displayText(text);
			const cut = truncateText(whole, width);
			t.true(displayWidth(cut) <= width);
			if (cut !== whole) {
				const kept = graphemes(cut.slice(0, -1));
				t.true(cut.endsWith('…'));
				t.deepEqual(kept, graphemes(whole).slice(0, kept.length));
				// Nothing more would have fitted.
				const next = graphemes(whole)[kept.length] ?? '';
				t.true(displayWidth(kept.join('') + next) > width - 1);
			}
		}),
		{numRuns: 1000},
	);
	t.is(truncateText('漢字漢字', 6), '漢字…');
	t.is(fitText('漢字漢字', 6), '漢字… ');
	t.is(fitText('provider', 1), '…');
});
