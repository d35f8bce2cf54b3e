import test from 'ava';
import {daemonLines} from '../../../../source/dashboard/details/daemon-lines.js';
import {bytes, clock, facts} from '../../../../source/dashboard/details/facts.js';
import {portLines} from '../../../../source/dashboard/details/port-lines.js';
import {providerLines} from '../../../../source/dashboard/details/provider-lines.js';
import {vmLines} from '../../../../source/dashboard/details/vm-lines.js';
import {emptyPicture, newVm, withDaemon} from '../../../../source/dashboard/picture.js';
import {issue, portStatus, portsReport} from '../../hosting/_reports.js';
import {at, daemonStatus, entry, providerId, rental} from '../_stand-ins.js';
import {hostile, isHarmless, textOf} from './_texts.js';

const now = Date.parse(at);
const {provider: asked} = emptyPicture('/nowhere').daemons;
const daemon = (change: Parameters<typeof withDaemon>[2]) =>
	withDaemon(emptyPicture('/nowhere'), 'provider', change).daemons.provider;

test('facts stand below each other, and those without a value are left out', t => {
	const text = textOf(
		facts([
			['id', 'x'],
			['none', undefined],
			['null', null],
			['empty', ''],
			['address', 'y'],
		]),
	);
	t.is(text, '  id       x\n  address  y\n');
});

test('a fact with a long name, or a wide one, leaves the others readable', t => {
	const text = textOf(
		facts([
			['id', 'x'],
			[hostile, 'y'],
			['日本', 'z'],
		]),
	);
	t.true(isHarmless(text));
	t.deepEqual(
		text.split('\n').map(line => line.trimEnd().length <= 30),
		[true, true, true, true],
	);
	t.regex(text, /^ {2}id {24}x$/m);
	t.regex(text, /^ {2}日本 {22}z$/m);
});

test('amounts of bytes are told in three digits or so', t => {
	t.deepEqual([0, 5, 999, 1000, 12_345, 123_456, 1_500_000_000, 2e12, 5e15].map(bytes), [
		'0 B',
		'5 B',
		'999 B',
		'1.0 KB',
		'12.3 KB',
		'123 KB',
		'1.5 GB',
		'2.0 TB',
		'5000 TB',
	]);
});

test('a time is told by the clock', t => {
	t.regex(clock(now), /^\d\d:\d\d:05$/);
});

test('a daemon that nobody has heard of is told with how to start it', t => {
	const text = textOf(daemonLines(daemon({state: 'down'}), now));
	t.regex(text, /The provider/);
	t.regex(text, /state +down/);
	t.regex(text, /Start it with: golem provider --detach/);
	t.notRegex(text, /last heard|undefined/);
});

test('a daemon that does not answer, as one that hangs, is not told to be started', t => {
	const text = textOf(daemonLines(asked, now));
	t.regex(text, /state +it has not answered yet/);
	t.notRegex(text, /Start it/);
});

test('how long a daemon runs is never less than when it was last heard of', t => {
	const status = daemonStatus('provider');
	const text = textOf(daemonLines(daemon({state: 'up', status, heardAt: now + 40_000}), now + 10_000));
	t.regex(text, /up +40 s/);
});

test('a daemon that is lost is told with when it was last heard of', t => {
	const text = textOf(
		daemonLines(daemon({state: 'lost', status: daemonStatus('provider'), heardAt: now - 60_000}), now),
	);
	t.regex(text, /it has ended without being asked to/);
	t.regex(text, /last heard +60 s ago/);
	t.notRegex(text, /4711/);
});

test('a daemon that runs is told with all its figures', t => {
	const status = daemonStatus('provider', {
		vms: 2,
		resources: {total: {cpu: 2, memory: 18}, free: null},
		not_offered_because: ['one', 'two'],
		busy_with: ['verifying'],
	});
	const text = textOf(daemonLines(daemon({state: 'up', status}), now + 60_000));
	t.regex(text, /state +up/);
	t.regex(text, /busy with +verifying/);
	t.regex(text, /pid +4711/);
	t.regex(text, /up +60 s/);
	t.regex(text, /vms +2/);
	t.regex(text, /resources +total cpu 2, memory 18, free -/);
	t.regex(text, /not offered because +one; two/);
});

test('a provider is told with all that it says, and whether it said so', t => {
	const known = entry(1, {
		pricing: {cpu_core_hour: 1, memory_gb_hour: 2, storage_gb_hour: 3},
		images: ['micro'],
	});
	const text = textOf(providerLines(known, [], 80));
	t.regex(text, /Provider provider-1/);
	t.true(text.includes(`id         ${providerId(1)}`));
	t.regex(text, /address +198\.51\.100\.7:7466/);
	t.regex(text, /signature +the provider’s own/);
	t.regex(text, /pricing +\{"cpu_core_hour":1/);
	t.regex(text, /cores +4/);
	t.regex(text, /it has said nothing else since/);
	t.regex(textOf(providerLines({...known, isGenuine: false}, [], 80)), /FORGED/);
	t.regex(textOf(providerLines({...known, isGenuine: undefined}, [], 80)), /not looked at yet/);
});

test('a provider without a name is called by its id', t => {
	const {name: _name, ...nameless} = entry(1).advertisement;
	const text = textOf(providerLines({...entry(1), advertisement: nameless}, [], 80));
	t.true(text.includes(`Provider ${providerId(1)}`));
});

test('what a provider had free is drawn in the width that there is', t => {
	const history = Array.from({length: 60}, (_, index) => ({cpu: index, memory: 2, storage: 3}));
	for (const width of [60, 80, 200]) {
		const rows = providerLines(entry(1), history, width)
			.map(line => textOf([line]).trimEnd())
			.filter(text => /^ {2}(?:cpu|memory|storage) {3}/.test(text) && !text.includes('GB'));
		t.is(rows.length, 3);
		t.true(rows.every(text => text.length <= width));
		t.regex(rows[0] ?? '', / 59$/);
	}
});

test('a port is told with what each checker found, and what helps', t => {
	const port = portStatus(50_801, {
		state: 'unreachable',
		reason: 'Connection timed out',
		findings: [
			{server: 'http://one.test', reachable: true, error: null},
			{server: 'http://two.test', reachable: false, error: 'timed out'},
		],
	});
	const text = textOf(portLines(port, portsReport({issues: [issue()]})));
	t.regex(text, /Port 50801\n/);
	t.regex(text, /why +Connection timed out/);
	t.regex(text, /✓ http:\/\/one\.test\n/);
	t.regex(text, /✗ http:\/\/two\.test: timed out/);
	t.regex(text, /Warning: 2 ports are not reached/);
	t.regex(text, /\$ ufw allow/);
	t.regex(text, /docs\/hosting\.md#ports/);
});

test('a port that nobody has told of, and one that another program has', t => {
	const untold = textOf(portLines(portStatus(50_801), portsReport()));
	t.regex(untold, /checked +never/);
	t.regex(untold, /none has told of it/);
	const occupied = portStatus(50_801, {state: 'occupied', occupant: {pid: 7, name: 'nginx'}});
	t.regex(textOf(portLines(occupied, portsReport())), /occupied by +nginx \(pid 7\)/);
	const {api} = portsReport();
	t.regex(textOf(portLines(api, portsReport())), /Port 7466: the provider’s API/);
});

test('whatever strangers call themselves, nothing steers the terminal', t => {
	const view = newVm(rental('web', {image: hostile, created_at: hostile}));
	const texts = [
		vmLines({...view, error: hostile, stage: hostile, happenings: [{at: now, text: hostile}]}, 80, now),
		providerLines(entry(1, {name: hostile, images: [hostile], [hostile]: hostile}), [], 80),
		daemonLines(
			daemon({
				state: 'up',
				status: daemonStatus(hostile, {listening: hostile, [hostile]: {[hostile]: [hostile]}}),
			}),
			now,
		),
		daemonLines(daemon({state: 'down', error: hostile}), now),
		portLines(
			portStatus(1, {reason: hostile, findings: [{server: hostile, reachable: false, error: hostile}]}),
			portsReport({issues: [issue({message: hostile, fixes: [hostile], docs: hostile})]}),
		),
	].map(textOf);
	for (const text of texts) {
		t.true(isHarmless(text));
		t.true(text.includes('evil'));
	}

	t.regex(texts[1] ?? '', /^ {2}id {24}0x/m);
});
