import test from 'ava';
import fc from 'fast-check';
import {readableLogLine} from '../../../source/platform/log-line.js';

test('an entry becomes time, level, message and its facts', t => {
	t.is(
		readableLogLine(
			'{"level":"warn","time":"2025-02-20T15:04:05.678Z","name":"discovery","pid":7,"port":80,"who":"a b","msg":"look out"}\n',
		),
		'15:04:05 warn  look out port=80 who=a b',
	);
});

test('other text stays as it is', t => {
	t.is(readableLogLine('Error: something\n'), 'Error: something');
	t.is(readableLogLine('{"no":"message"}'), '{"no":"message"}');
	t.is(readableLogLine('null'), 'null');
});

test('any line can be shown', t => {
	fc.assert(
		fc.property(fc.oneof(fc.string({unit: 'binary'}), fc.json()), line => {
			t.is(typeof readableLogLine(line), 'string');
		}),
	);
	fc.assert(
		fc.property(fc.dictionary(fc.string(), fc.jsonValue()), entry => {
			t.is(typeof readableLogLine(JSON.stringify({...entry, msg: 'said'})), 'string');
		}),
	);
});

test('nothing in an entry can steer the terminal it is shown on', t => {
	const line = readableLogLine(
		JSON.stringify({time: '2026-01-01T00:00:00Z', level: 'info', msg: 'a\u001B[2Jb', who: '\u009Bx\r'}),
	);
	t.is(line, '00:00:00 info  a\uFFFD[2Jb who=\uFFFDx\uFFFD');
	t.is(readableLogLine('Error: \u001B[2Jb\n'), 'Error: \uFFFD[2Jb');
	t.is(readableLogLine('\tat one\u009B'), '\tat one\uFFFD');
	t.is(readableLogLine('{"no":"message\u0007"}'), '{"no":"message\uFFFD"}');
	t.is(readableLogLine('a\u202Eb\u2028c'), 'a\uFFFDb\uFFFDc', 'nor turn it round');
});
