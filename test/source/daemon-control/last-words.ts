import fs from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {readLastWords} from '../../../source/daemon-control/last-words.js';
import {golemPaths} from '../../../source/platform/paths.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const entry = (msg: string, level = 'info', second = 0) =>
	JSON.stringify({level, name: 'provider', pid: 7, time: `2026-03-01T12:00:0${second}.000Z`, msg});

const lifeOf = (...lines: string[]) => [entry('starting'), entry('ready'), ...lines];

async function lastWordsOf(t: ExecutionContext, lines: readonly string[]) {
	const paths = golemPaths(await temporaryFolder(t));
	await fs.mkdir(path.dirname(paths.daemonLog('provider')));
	await fs.writeFile(paths.daemonLog('provider'), lines.map(line => `${line}\n`).join(''));
	return readLastWords('provider', paths);
}

test('of a daemon that has never run nothing is known', async t => {
	t.is(await readLastWords('provider', golemPaths(await temporaryFolder(t))), undefined);
});

for (const [manner, lines] of [
	['orderly', lifeOf(entry('shutting down'), entry('ended'))],
	['killed', lifeOf(entry('VM created'))],
	['crashed', lifeOf(entry('a failure nobody took care of', 'fatal'))],
	['crashed', lifeOf('FATAL ERROR: heap out of memory', ' 1: 0xb7a940')],
	['not-started', ['Bad setting GOLEM_PROVIDER_PORT=x']],
	['not-started', [...lifeOf(entry('ended')), 'Bad setting GOLEM_PROVIDER_PORT=x']],
	['not-started', [...lifeOf(entry('ended')), entry('starting'), 'There is no guest image.']],
] as const) {
	test(`a log that ends with «${lines.at(-1)}» after ${lines.length - 1} lines is of one that is ${manner}`, async t => {
		t.is((await lastWordsOf(t, lines))?.end, manner);
	});
}

test('the time is that of the last line, and the last five lines are for people', async t => {
	const words = await lastWordsOf(
		t,
		lifeOf(...[1, 2, 3, 4, 5].map(second => entry(`line ${second}`, 'warn', second))),
	);
	t.is(words?.at, '2026-03-01T12:00:05.000Z');
	t.is(words?.lines.length, 5);
	t.is(words?.lines.at(-1), '12:00:05 warn  line 5');
});
