import test from 'ava';
import {logLevels, passesLevel} from '../../../source/daemon-control/log-level.js';

const line = (level: string) => JSON.stringify({level, msg: 'x'});

test('a level lets through itself and what is graver', t => {
	t.deepEqual(
		logLevels.filter(level => passesLevel(line(level), 'warn')),
		['warn', 'error', 'fatal'],
	);
	t.true(logLevels.every(level => passesLevel(line(level), 'debug')));
});

test('what has no level, such as the trace of a crash, always passes', t => {
	t.true(passesLevel('    at file.js:3:1', 'fatal'));
	t.true(passesLevel('{"msg":"x"}', 'fatal'));
});
