import test from 'ava';
import {
	askBackground,
	backgroundOfEnvironment,
	backgroundOfReport,
	colourLevel,
	hasScreenReader,
	isDumb,
} from '../../../source/terminal/capabilities.js';
import type {ReportEvent} from '../../../source/terminal/input-event.js';
import {createListeners} from '../../../source/terminal/listeners.js';

for (const [environment, level] of [
	[{TERM: 'xterm-256color'}, 2],
	[{TERM: 'xterm-256color', COLORTERM: 'truecolor'}, 3],
	[{TERM: 'xterm-direct'}, 3],
	[{TERM: 'linux'}, 1],
	[{TERM: 'dumb', COLORTERM: 'truecolor'}, 0],
	[{}, 0],
	[{TERM: 'xterm-256color', NO_COLOR: '1'}, 0],
	[{TERM: 'xterm-256color', NO_COLOR: ''}, 2],
] as const) {
	test(`the colours of ${JSON.stringify(environment)} are of level ${level}`, t => {
		t.is(colourLevel(environment), level);
	});
}

for (const [report, background] of [
	['\u001B]11;rgb:0000/0000/0000', 'dark'],
	['\u001B]11;rgb:ffff/ffff/ffff', 'light'],
	['\u001B]11;rgb:ff/ff/e0', 'light'],
	['\u001B]11;rgba:1c1c/1c1c/1c1c/ffff', 'dark'],
	['\u001B]11;rgb:0/0/f', 'dark'],
	['\u001B]10;rgb:ffff/ffff/ffff', undefined],
	['\u001B]11;red', undefined],
] as const) {
	test(`${JSON.stringify(report)} tells of ${background ?? 'no'} background`, t => {
		t.is(backgroundOfReport(report), background);
	});
}

test('the environment tells of the background by the last of its colours', t => {
	t.is(backgroundOfEnvironment({COLORFGBG: '15;0'}), 'dark');
	t.is(backgroundOfEnvironment({COLORFGBG: '0;default;15'}), 'light');
	t.is(backgroundOfEnvironment({COLORFGBG: '12;8'}), 'dark');
	t.is(backgroundOfEnvironment({COLORFGBG: '0;default'}), undefined);
	t.is(backgroundOfEnvironment({}), undefined);
});

test('a terminal is asked for its background; its word counts more than the environment', async t => {
	const reports = createListeners<ReportEvent>();
	const asked: string[] = [];
	const background = await askBackground({
		keyboard: {onReport: reports.add},
		write(text) {
			asked.push(text);
			reports.tell({type: 'report', sequence: '\u001B[?1c'});
			reports.tell({type: 'report', sequence: '\u001B]11;rgb:ffff/ffff/ffff'});
		},
		environment: {TERM: 'xterm', COLORFGBG: '15;0'},
		timeoutMs: 60_000,
	});
	t.is(background, 'light');
	t.deepEqual(asked, ['\u001B]11;?\u001B\\']);
});

test('a terminal that says nothing is judged by its environment, and some are not asked', async t => {
	const reports = createListeners<ReportEvent>();
	const asked: string[] = [];
	const ask = async (TERM: string) =>
		askBackground({
			keyboard: {onReport: reports.add},
			write: text => asked.push(text),
			environment: {TERM, COLORFGBG: '0;15'},
			timeoutMs: 1,
		});
	t.is(await ask('dumb'), 'light');
	t.is(await ask('linux'), 'light');
	t.deepEqual(asked, []);
	t.is(await ask('xterm'), 'light');
	t.is(asked.length, 1);
});

test('a dumb terminal and a screen reader are known', t => {
	t.true(isDumb({TERM: 'dumb'}) && isDumb({}));
	t.false(isDumb({TERM: 'screen'}));
	t.true(hasScreenReader({INK_SCREEN_READER: 'true'}));
	t.false(hasScreenReader({INK_SCREEN_READER: 'true'}, false));
	t.true(hasScreenReader({}, true));
	t.false(hasScreenReader({}));
});
