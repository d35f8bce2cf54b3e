import test from 'ava';
import {wrapWords} from '../../../source/components/wrap-words.js';

test('long lines break between words, and what follows is as far in, and the continuation more', t => {
	t.deepEqual(wrapWords('  one two three', 10), ['  one two', '  three']);
	t.deepEqual(wrapWords('  one two three', 10, '  '), ['  one two', '    three']);
	t.deepEqual(wrapWords('short', 10), ['short']);
	t.deepEqual(wrapWords('', 10), ['']);
});

test('a word longer than a line stays whole', t => {
	t.deepEqual(wrapWords(`short ${'x'.repeat(40)} short`, 30), ['short', 'x'.repeat(40), 'short']);
});
