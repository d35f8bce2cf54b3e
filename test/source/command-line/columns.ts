import test from 'ava';
import {columns} from '../../../source/command-line/columns.js';

test('right sides stand below each other, also what goes on of them', t => {
	t.deepEqual(
		columns([
			['--a', 'one'],
			['--bcd <number>', 'many words '.repeat(8)],
		]),
		[
			'  --a             one',
			'  --bcd <number>  many words many words many words many words many words many',
			'                  words many words many words',
		],
	);
});

test('a left side that is very long has its right side below', t => {
	t.deepEqual(
		columns([
			['a'.repeat(40), 'one'],
			['b', 'two'],
		]),
		[`  ${'a'.repeat(40)}`, '     one', '  b  two'],
	);
});
