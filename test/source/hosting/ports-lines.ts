import test from 'ava';
import {createNarrator} from '../../../source/hosting/ports-lines.js';
import {readProviderStatus} from '../../../source/hosting/provider-status.js';
import {issue, portsReport, verification, verificationSeries} from './_reports.js';

const status = readProviderStatus({
	name: 'provider',
	pid: 1,
	version: '0.1.0',
	started_at: '2026-01-02T03:04:00.000Z',
	listening: 'http://127.0.0.1:7466',
	healthy: true,
	busy_with: [],
	public_ip: '198.51.100.7',
	public_ip_source: 'as http://one.test says',
});

test('a verification is told a line per step, and nothing twice', t => {
	const narrate = createNarrator();
	const series = verificationSeries();
	const lines = series.flatMap(report => [...narrate({report, status}), ...narrate({report, status})]);
	t.deepEqual(lines, [
		'Public address 198.51.100.7 (as http://one.test says)',
		'Trying 100 ports from outside, by 1 port checker',
		'http://one.test reached 98 of 100 ports',
		'98 of 100 ports verified; 2 unreachable: 50801, 50813 (Connection timed out)',
		'Provider Ready: can handle up to 10 concurrent VMs',
		'Warning: 2 ports are not reached from outside: 50801, 50813',
		'  Forward them in your router to this machine',
		'  $ ufw allow 50800:50899/tcp',
		'  See docs/hosting.md#ports',
	]);
});

test('nothing is told before anything is known', t => {
	t.deepEqual(createNarrator()({report: undefined, status}), []);
});

test('an address is told once it is known whose word it is', t => {
	const narrate = createNarrator();
	const report = verificationSeries()[2];
	t.deepEqual(narrate({report, status: undefined}), []);
	t.deepEqual(narrate({report, status: {...status, public_ip: null, public_ip_source: 'not asked yet'}}), []);
	t.deepEqual(narrate({report, status}), ['Public address 198.51.100.7 (as http://one.test says)']);
});

test('another verification is told again, what has not changed since is not', t => {
	const narrate = createNarrator();
	narrate({report: portsReport({issues: [issue()]}), status});
	const again = verification({
		started_at: '2026-01-02T03:34:00.000Z',
		finished_at: '2026-01-02T03:34:05.000Z',
	});
	t.deepEqual(narrate({report: portsReport({verification: again, issues: [issue()]}), status}), [
		'Trying 100 ports from outside, by 1 port checker',
		'http://one.test reached 98 of 100 ports',
		'100 of 100 ports verified',
	]);
});

test('what the port checkers of the verification before said is not told of the one that begins', t => {
	const report = portsReport({verification: verification({phase: 'local', finished_at: null})});
	t.deepEqual(createNarrator()({report, status}), ['Public address 198.51.100.7 (as http://one.test says)']);
});

test('an issue that was mended is news when it comes back', t => {
	const narrate = createNarrator();
	const critical = issue({severity: 'critical', message: 'Nobody reaches the API', fixes: []});
	narrate({report: portsReport({issues: [critical]}), status});
	t.deepEqual(narrate({report: portsReport(), status}), [
		'Provider Ready: can handle up to 10 concurrent VMs',
	]);
	t.deepEqual(narrate({report: portsReport({issues: [critical]}), status}), [
		'Not ready: Nobody reaches the API',
		'Critical: Nobody reaches the API',
		'  See docs/hosting.md#ports',
	]);
});

test('a checker that failed is told with its reason, which steers no terminal', t => {
	const failed = {
		server: 'http://one.test',
		state: 'failed' as const,
		reached: 0,
		error: 'no\u001B[2J answer',
	};
	const lines = createNarrator()({
		report: portsReport({
			verification: verification({phase: 'outside', finished_at: null, checkers: [failed]}),
		}),
		status,
	});
	t.is(lines.at(-1), 'http://one.test did not tell: no[2J answer');
});
