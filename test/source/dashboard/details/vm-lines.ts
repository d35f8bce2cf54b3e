import test from 'ava';
import {ageText, freshness, vmLines} from '../../../../source/dashboard/details/vm-lines.js';
import {newVm, type VmView} from '../../../../source/dashboard/picture.js';
import {access, at, rental, usage, vm} from '../_stand-ins.js';
import {textOf} from './_texts.js';

const now = Date.parse(at);
const unknown = newVm(rental('web', {vm_id: null}));
const running: VmView = {
	...newVm(rental('web', {access})),
	status: 'running',
	vm: vm('web'),
	isLive: true,
	heardAt: now,
	usage: [
		usage(0, {network_in_bytes: 0}),
		usage(2, {network_in_bytes: 3_000_000, cpu_percent: 41.4, storage_bytes: 1_500_000_000}),
	],
	happenings: [
		{at: now, text: 'Booting'},
		{at: now + 1000, text: 'running'},
	],
};

test('of a VM that nothing is known of, no more is said than that', t => {
	const text = textOf(vmLines(unknown, 80, now));
	t.regex(text, /state +unconfirmed/);
	t.regex(text, /as of +never heard of/);
	t.regex(text, /id +not confirmed by its provider/);
	t.regex(text, /size +1c 1G 10G \(cores, memory, disk\)/);
	t.regex(text, /nothing: it is unconfirmed/);
	t.regex(text, /nothing since the dashboard was opened/);
	t.notRegex(text, /undefined|null|NaN/);
	t.notRegex(text, /ssh +127/);
});

test('of a VM that runs everything is told', t => {
	const text = textOf(vmLines(running, 80, now));
	t.regex(text, /state +running/);
	t.regex(text, /as of +now/);
	t.regex(text, /ssh +127\.0\.0\.1:50801/);
	t.regex(text, /user +ubuntu/);
	t.regex(text, /host keys +1, pinned when it was rented/);
	t.regex(text, /command +golem vm ssh web/);
	t.regex(text, /CPU +\S+ 41 %/);
	t.regex(text, /memory +\S+ 200 MB/);
	t.regex(text, /disk +\S+ 0 B\/s/);
	t.regex(text, /network +\S+ 1\.5 MB\/s/);
	t.regex(text, /its disk takes 1\.5 GB on the provider/);
	t.true(text.indexOf('running\n') < text.indexOf('Booting'), 'the newest comes first');
});

test('what it is doing, and what went wrong, stands by its state', t => {
	const text = textOf(vmLines({...running, stage: 'Booting', error: 'the disk is full'}, 80, now));
	t.regex(text, /state +running: Booting/);
	t.regex(text, /error +the disk is full/);
});

test('figures that nobody tells are a dash, and of one sample there is no rate', t => {
	const blind = usage(0, {
		cpu_percent: null,
		memory_bytes: null,
		disk_read_bytes: null,
		disk_written_bytes: null,
	});
	const text = textOf(vmLines({...running, usage: [blind]}, 80, now));
	t.regex(text, /CPU .*-\n/);
	t.regex(text, /memory .*-\n/);
	t.regex(text, /disk .*-\n/);
	t.regex(text, /network .*-\n/);
});

test('rates are never negative, nor of samples of the same moment', t => {
	const back = textOf(vmLines({...running, usage: [usage(0, {network_in_bytes: 9}), usage(2)]}, 80, now));
	t.regex(back, /network .* 0 B\/s/);
	const twice = textOf(vmLines({...running, usage: [usage(0), usage(0, {network_in_bytes: 9})]}, 80, now));
	t.regex(twice, /network .* -\n/);
});

test('lines of figures fit into the width that there is', t => {
	const many = {...running, usage: Array.from({length: 120}, (_, index) => usage(index))};
	for (const width of [60, 72, 100, 200]) {
		const lines = vmLines(many, width, now);
		const series = lines
			.map(line => textOf([line]))
			.filter(text => /^ {2}(?:CPU|memory|disk|network) {3}/.test(text));
		t.is(series.length, 4);
		t.true(
			series.every(text => text.length <= width),
			`${width}`,
		);
	}
});

test('how old news are is told in words that fit', t => {
	t.is(ageText(now, now + 14_000), 'now');
	t.is(ageText(now, now + 20_000), '20 s ago');
	t.is(ageText(now, now + 600_000), '10 min ago');
	t.is(ageText(now, now + 86_400_000), '24 h ago');
	t.is(ageText(now + 5000, now), 'now');
	t.is(freshness({...running, isLive: false}, now + 30_000), '30 s ago');
	t.is(freshness(running, now + 30_000), 'now');
});
