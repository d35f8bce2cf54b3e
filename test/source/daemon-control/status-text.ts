import test from 'ava';
import {describeAbsence, describeStatus} from '../../../source/daemon-control/status-text.js';
import {withoutStyles} from './_styles.js';

const status = {
	name: 'provider',
	pid: 4711,
	version: '0.1.0',
	started_at: '2026-03-01T12:00:00.000Z',
	listening: 'http://127.0.0.1:7466',
	healthy: true,
	busy_with: [],
	resources: {total: {cpu: 8, memory: 16, storage: 200}, available: {cpu: 2, memory: 4, storage: 50}},
	load: {percent: {cpu: 12, memory: 40}, over: []},
	verification_skipped: false,
	public_ip: null,
	advertisement: {provider_id: '0xrepeated', signature: 'x'.repeat(200)},
	not_offered_because: [
		'the machine is busy',
		'a reason that is as long as reasons get when they explain themselves',
	],
	advertising: [{url: 'http://127.0.0.1:9001', advertised_at: '2026-03-01T12:00:00.000Z', error: null}],
	images: ['micro', 'debian'],
};

test('a status is told in lines that fit, with figures within figures on lines of their own', t => {
	const lines = withoutStyles(describeStatus(status, 80)).split('\n');
	t.true(
		lines.every(line => line.length <= 80),
		lines.join('\n'),
	);
	t.true(lines.includes('resources available   cpu 2 cores, memory 4 GB, storage 50 GB'));
	t.true(lines.includes('load percent          cpu 12 %, memory 40 %'));
	t.true(lines.includes('images                micro, debian'));
	t.true(lines.includes('verification skipped  no'));
	t.true(lines.includes('public ip             -'));
	t.true(lines.includes('load over             none'));
	t.notRegex(lines.join('\n'), /\dT\d/, 'times are told by the clock');
});

test('a value that is too long goes on below itself', t => {
	const lines = withoutStyles(describeStatus(status, 60)).split('\n');
	const start = lines.findIndex(line => line.startsWith('not offered because'));
	t.regex(lines[start + 1] ?? '', /^ {22}\S/);
	t.true(
		lines.every(line => line.length <= 60),
		lines.join('\n'),
	);
});

test('the advertisement, which says again what other lines say, is left out', t => {
	t.false(describeStatus(status, 80).includes('0xrepeated'));
});

test('what others have written moves no cursor', t => {
	t.false(describeStatus({...status, public_ip: '\u001B[2Jx'}, 80).includes('\u001B[2J'));
});

test('of one that does not run it is told since when, how it ended, and how to start it', t => {
	const text = withoutStyles(
		describeAbsence(
			'provider',
			{at: '2026-03-01T12:00:00.000Z', end: 'killed', lines: ['12:00:00 info  ready']},
			{width: 80},
		),
	);
	t.regex(text, /^The provider is not running\.$/m);
	t.regex(text, /^since +2026-03-01 \d\d:\d\d$/m);
	t.regex(text, /^ended +without a word/m);
	t.regex(text, /12:00:00 info {2}ready/);
	t.regex(text, /golem provider --detach$/);
	t.regex(describeAbsence('provider', undefined, {width: 80}), /has never run/);
});
