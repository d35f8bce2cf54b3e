import {EventEmitter} from 'node:events';
import test from 'ava';
import {render} from 'ink';
import {PortsScreen} from '../../../source/hosting/ports-screen.js';
import {glyphs} from '../../../source/hosting/ports-text.js';
import {readProviderStatus} from '../../../source/hosting/provider-status.js';
import type {Size} from '../../../source/hosting/screen-layout.js';
import type {ScreenState} from '../../../source/hosting/screen-rows.js';
import type {PortsReport} from '../../../source/protocol/control.js';
import {issue, nowMs, portsReport, twoUnreachable, verificationSeries, verifiedPorts} from './_reports.js';

const sizes = {
	usual: {columns: 80, rows: 24},
	large: {columns: 200, rows: 50},
	narrow: {columns: 60, rows: 16},
} as const;

const status = readProviderStatus({
	name: 'provider',
	pid: 1,
	version: '0.1.0',
	started_at: '2026-01-02T03:04:00.000Z',
	listening: 'http://127.0.0.1:7466',
	healthy: true,
	busy_with: [],
	provider_id: `0x${'12'.repeat(20)}`,
	public_ip_source: 'as http://one.test says',
	offered: true,
	vms: 3,
	resources: {available: {cpu: 4, memory: 8, storage: 100}},
	advertising: [{url: 'http://discovery.test', advertised_at: '2026-01-02T03:04:35.000Z', error: null}],
});

/** Takes what Ink draws, as a terminal of that size would; each write is a whole screen. */
class Paper extends EventEmitter {
	readonly isTTY = true;
	readonly columns: number;
	readonly rows: number;
	frame = '';

	constructor({columns, rows}: Size) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(text: string): boolean {
		this.frame = text;
		return true;
	}
}

function draw(
	report: PortsReport | undefined,
	size: Size,
	{isUnicode = true, ...change}: Partial<ScreenState> & {isUnicode?: boolean} = {},
): string[] {
	const paper = new Paper(size);
	const state = {mode: 'host' as const, report, status, isStopping: false, ...change};
	const screen = <PortsScreen state={state} glyphs={glyphs(isUnicode)} size={size} nowMs={nowMs} />;
	const instance = render(screen, {
		stdout: paper as unknown as NodeJS.WriteStream,
		debug: true,
		patchConsole: false,
	});
	const {frame} = paper;
	instance.unmount();
	return frame.split('\n').map(line => line.trimEnd());
}

const troubled = portsReport({ports: verifiedPorts(100, twoUnreachable), issues: [issue()]});

test('a hundred ports fit into 80 by 24, with the warning and what is new', t => {
	t.deepEqual(draw(troubled, sizes.usual), [
		'golem provider  0x121212…1212  offered to requestors  version 0.1.0',
		'Public address 198.51.100.7 (as http://one.test says)',
		'API port 7466 ✓ listening here, reached from outside',
		'',
		'Verified 60 s ago, again in 29 min',
		'✓ http://one.test reached 98 of 100 ports',
		'',
		`50800  ● ✗ ${'● '.repeat(11)}✗ ${'● '.repeat(16)}`.trimEnd(),
		`50830  ${'● '.repeat(30)}`.trimEnd(),
		`50860  ${'● '.repeat(30)}`.trimEnd(),
		`50890  ${'● '.repeat(10)}`.trimEnd(),
		'● 98 verified  ✗ 2 unreachable',
		'',
		'✓ Provider Ready: can handle up to 10 concurrent VMs',
		'Warning: 2 ports are not reached from outside: 50801, 50813',
		'  Forward them in your router to this machine',
		'  $ ufw allow 50800:50899/tcp',
		'  See docs/hosting.md#ports',
		'3 VMs here; free: 4 cores, 8 GB memory, 100 GB storage',
		'Advertised at http://discovery.test 30 s ago',
		'v verify again   q stop the provider',
	]);
});

test('while a verification runs, a bar says how far it has come', t => {
	const under = verificationSeries()[4];
	const lines = draw(under, sizes.usual);
	t.regex(lines[4] ?? '', /^█+░+ 40\/100 {2}65 s {2}Trying 100 ports from outside, by 1 port checker$/);
	t.is(lines[5], '… http://one.test is asked, and reached 40 of 100 ports so far');
	t.is(lines[7], `50800  ${'… '.repeat(30)}`.trimEnd());
	t.true(lines.includes('… 100 being checked'));
	t.true(lines.includes('✗ Not ready: the first verification is not done yet'));
});

test('a narrow terminal shows the grid denser, and still whether all is well', t => {
	const lines = draw(troubled, sizes.narrow);
	t.true(lines.includes('✓ Provider Ready: can handle up to 10 concurrent VMs'));
	t.true(lines.includes('● 98 verified  ✗ 2 unreachable'));
	t.true(lines.includes('v verify again   q stop the provider'));
	t.is(lines.filter(line => /^508\d\d {2}/.test(line)).length, 3);
	t.is(
		lines.find(line => line.startsWith('50800')),
		'50800  ●✗●●●●●●●● ●●●✗●●●●●● ●●●●●●●●●● ●●●●●●●●●●',
	);
});

test('a thousand ports are shown as far as there is room, and the others counted', t => {
	const report = portsReport({ports: verifiedPorts(1000, {51799: {state: 'in-use'}})});
	const small = draw(report, sizes.narrow);
	t.regex(small.join('\n'), /^… and \d+ more: \d+ verified, 1 in use$/m);
	const large = draw(report, sizes.large);
	t.notRegex(large.join('\n'), /more:/);
	t.is(
		large.find(line => line.startsWith('51790')),
		`51790  ${'● '.repeat(9)}■`,
	);
});

const many = Array.from({length: 5}, (_, index) =>
	issue({code: `trouble-${index}`, severity: 'critical', message: `Trouble ${index} ${'word '.repeat(40)}`}),
);
const reports: Array<[string, PortsReport | undefined]> = [
	['nothing known', undefined],
	['a verification under way', verificationSeries()[3]],
	['two ports unreachable', troubled],
	['many issues', portsReport({issues: many})],
	['a thousand ports and many issues', portsReport({ports: verifiedPorts(1000), issues: many})],
	['no ports', portsReport({ports: []})],
];

for (const [what, report] of reports) {
	for (const size of [...Object.values(sizes), {columns: 40, rows: 12}, {columns: 30, rows: 6}]) {
		for (const mode of ['host', 'verify'] as const) {
			test(`${what} fits into ${size.columns} by ${size.rows} (${mode})`, t => {
				const lines = draw(report, size, {mode});
				t.true(lines.length < size.rows - 1, lines.join('\n'));
				t.true(lines.every(line => line.length <= size.columns));
				t.true(lines[0]?.startsWith('golem provider'));
			});
		}
	}
}

test('issues that do not fit are counted, with where all of them are told', t => {
	const lines = draw(portsReport({issues: many}), sizes.usual);
	t.true(lines.some(line => line.startsWith('Critical: Trouble 0')));
	t.regex(lines.join('\n'), /^\+\d more: golem provider verify$/m);
});

test('without Unicode all of it is ASCII', t => {
	for (const report of [troubled, verificationSeries()[4]]) {
		t.regex(draw(report, sizes.usual, {isUnicode: false}).join('\n'), /^[\n\x20-\x7e]*$/);
	}
});

test('a reason that a stranger gave steers no terminal', t => {
	const reason = 'closed\u001B[2J\nreally';
	const report = portsReport({api: {...troubled.api, state: 'unreachable', reason}});
	t.is(
		draw(report, sizes.usual)[2],
		'API port 7466 ✗ listening here, not reached from outside (closed[2Jreally)',
	);
});

test('a provider that is being stopped says so', t => {
	const lines = draw(troubled, sizes.usual, {isStopping: true});
	t.regex(lines[0] ?? '', /stopping {2}version/);
	t.regex(lines.at(-1) ?? '', /^Stopping the provider/);
});
