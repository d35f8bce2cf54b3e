import test from 'ava';
import {GolemError} from '../../../source/platform/golem-error.js';
import {clipboardSequence} from '../../../source/terminal/clipboard.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('a text goes to the terminal’s clipboard as it is', t => {
	t.is(clipboardSequence('grüße', {environment: {}}), `\u001B]52;c;${base64('grüße')}\u0007`);
});

test('inside tmux it goes to tmux, and through it', t => {
	const plain = clipboardSequence('a', {environment: {}});
	t.is(
		clipboardSequence('a', {environment: {TMUX: '/tmp/tmux-0/default,1,0'}}),
		`${plain}\u001BPtmux;\u001B${plain}\u001B\\`,
	);
});

test('inside screen it goes in pieces that screen lets through', t => {
	const text = 'x'.repeat(3000);
	const sequence = clipboardSequence(text, {environment: {STY: '1.pts'}});
	const pieces = sequence.split('\u001B\\').slice(0, -1);
	t.true(pieces.length > 1);
	t.true(pieces.every(piece => piece.startsWith('\u001BP') && piece.length < 768));
	t.is(pieces.map(piece => piece.slice(2)).join(''), clipboardSequence(text, {environment: {}}));
});

test('a text that is too long is refused with its length', t => {
	t.notThrows(() => clipboardSequence('ß'.repeat(50_000), {environment: {}}));
	const error = t.throws(() => clipboardSequence('ß'.repeat(50_001), {environment: {}}), {
		instanceOf: GolemError,
	});
	t.is(error?.code, 'CLIPBOARD_TOO_LONG');
	t.regex(error?.message ?? '', /100002.*100000/);
});
