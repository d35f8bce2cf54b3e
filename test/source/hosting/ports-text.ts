import test from 'ava';
import {
	addressLine,
	apiWords,
	describeHiddenPorts,
	glyphs,
	isUsable,
	portCells,
	portLegend,
	portLooks,
	portRanges,
	readiness,
	resultLine,
	showsUnicode,
} from '../../../source/hosting/ports-text.js';
import {portStates} from '../../../source/protocol/control.js';
import {issue, portStatus, portsReport, twoUnreachable, verifiedPorts} from './_reports.js';

test('each state of a port has a symbol and a colour that no other has, also in ASCII', t => {
	const ports = portStates.map((state, index) => portStatus(50_800 + index, {state}));
	for (const isUnicode of [true, false]) {
		const cells = portCells(ports, glyphs(isUnicode));
		t.is(new Set(cells.map(({symbol}) => symbol)).size, portStates.length);
		t.is(new Set(cells.map(({style}) => JSON.stringify(style))).size, portStates.length);
		t.true(cells.every(({symbol}) => symbol.length === 1));
	}

	t.regex(
		portCells(ports, glyphs(false))
			.map(({symbol}) => symbol)
			.join(''),
		/^[\x21-\x7e]+$/,
	);
	t.deepEqual(portCells([portStatus(50_800, {state: 'verified'})], glyphs(true)), [
		{label: '50800', symbol: '●', style: {color: 'green'}},
	]);
});

test('a port that is being tried is shown so, whatever it was before', t => {
	const [cell] = portCells([portStatus(1, {state: 'verified', is_checking: true})], glyphs(true));
	t.is(cell?.symbol, portLooks.checking.symbol);
});

for (const [ports, options, text] of [
	[[], {}, ''],
	[[7], {}, '7'],
	[[7, 8], {}, '7, 8'],
	[[7, 8, 9], {}, '7–9'],
	[[1, 2, 3, 5, 7, 8], {dash: '-'}, '1-3, 5, 7, 8'],
	[[1, 3, 5, 6, 7], {most: 2}, '1, 3 and 3 more'],
] as const) {
	test(`the ports ${JSON.stringify(ports)} are told as «${text}»`, t => {
		t.is(portRanges(ports, options), text);
	});
}

test('the result counts what was reached, and groups the rest by what is wrong with it', t => {
	t.is(
		resultLine(portsReport({ports: verifiedPorts(100, twoUnreachable)})),
		'98 of 100 ports verified; 2 unreachable: 50801, 50813 (Connection timed out)',
	);
	t.is(
		resultLine(
			portsReport({ports: verifiedPorts(10, {50803: {state: 'in-use'}, 50805: {state: 'disputed'}})}),
		),
		'8 of 10 ports verified; 1 in use: 50803; 1 disputed: 50805',
	);
});

test('a provider is ready for as many VMs as it says, and not while something critical is wrong', t => {
	t.deepEqual(readiness(portsReport()), {
		isReady: true,
		text: 'Provider Ready: can handle up to 10 concurrent VMs',
	});
	t.is(readiness(portsReport({concurrent_vms: 1})).text, 'Provider Ready: can handle up to 1 concurrent VM');
	t.true(readiness(portsReport({issues: [issue()]})).isReady, 'a warning is none');
	const critical = issue({severity: 'critical', message: 'The API is not reached'});
	t.deepEqual(readiness(portsReport({issues: [critical]})), {
		isReady: false,
		text: 'Not ready: The API is not reached',
	});
	t.is(
		readiness(portsReport({concurrent_vms: 0}), ['there is no image']).text,
		'Not ready: there is no image',
	);
});

test('a provider is usable with one port and an API that is not known to be closed', t => {
	const one = [portStatus(1, {state: 'in-use'}), portStatus(2, {state: 'unreachable'})];
	t.true(isUsable(portsReport({ports: one, api: portStatus(7466)})));
	t.false(isUsable(portsReport({ports: one.slice(1)})));
	t.false(isUsable(portsReport({api: portStatus(7466, {state: 'unreachable'})})));
});

test('the API is told apart by who listens and who reaches it', t => {
	const words = (change: Parameters<typeof portStatus>[1]) => apiWords(portStatus(7466, change));
	t.is(words({state: 'verified'}).text, 'listening here, reached from outside');
	t.like(words({state: 'unreachable', reason: 'Connection refused'}), {
		isListening: true,
		reached: false,
		text: 'listening here, not reached from outside (Connection refused)',
	});
	t.like(words({state: 'unknown'}), {isListening: true, reached: undefined});
	t.is(
		words({state: 'occupied', occupant: {pid: 12, name: 'nginx'}}).text,
		'not listening here: nginx, pid 12 has it',
	);
});

test('what is not shown of a range is counted by state', t => {
	t.is(
		describeHiddenPorts(verifiedPorts(100, twoUnreachable), glyphs(true)),
		'… and 100 more: 98 verified, 2 unreachable',
	);
});

test('the legend names the states that occur, with their symbols and counts', t => {
	const spans = portLegend(verifiedPorts(100, twoUnreachable), glyphs(false));
	t.is(spans.map(({text}) => text).join(''), 'o 98 verified  x 2 unreachable');
});

test('an address is told with where it comes from', t => {
	t.is(addressLine('198.51.100.7', 'as http://x says'), 'Public address 198.51.100.7 (as http://x says)');
	t.is(addressLine(null, undefined), 'Public address not known yet');
});

test('only a terminal that says otherwise is taken for one without Unicode', t => {
	t.true(showsUnicode({}));
	t.true(showsUnicode({LANG: 'en_GB.UTF-8'}));
	t.true(showsUnicode({LC_ALL: '', LANG: 'C.utf8'}));
	t.false(showsUnicode({LANG: 'C'}));
	t.false(showsUnicode({LC_ALL: 'POSIX', LANG: 'en_GB.UTF-8'}));
	t.false(showsUnicode({TERM: 'linux', LANG: 'en_GB.UTF-8'}));
});
