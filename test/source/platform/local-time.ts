import test from 'ava';
import {localTime} from '../../../source/platform/local-time.js';

test('a timestamp is told by the clock on the wall, to the minute', t => {
	t.is(localTime(new Date(2026, 2, 1, 9, 5, 59).toISOString()), '2026-03-01 09:05');
	t.is(localTime(new Date(2026, 11, 31, 23, 59).toISOString()), '2026-12-31 23:59');
});

test('what is no time stays as it is', t => {
	t.is(localTime('yesterday'), 'yesterday');
});
