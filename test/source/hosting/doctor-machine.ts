import test from 'ava';
import {judgeClock, judgeDaemon, judgeDriver, judgeImage} from '../../../source/hosting/doctor-machine.js';
import {notThere, server, silentServer, there} from './_doctor-facts.js';

const status = {
	name: 'provider',
	pid: 4711,
	version: '1.2.3',
	started_at: '2026-01-01T00:00:00.000Z',
	listening: 'http://127.0.0.1:7466',
	healthy: true,
	busy_with: [],
};

test('a provider that runs is told with pid, version and since when', t => {
	t.deepEqual(judgeDaemon(there(status), '1.2.3'), {
		verdict: 'ok',
		evidence: 'pid 4711, version 1.2.3, since 2026-01-01T00:00:00Z',
		fix: [],
	});
});

test('a provider of another version is a warning that says how to start it again', t => {
	const {verdict, evidence, fix} = judgeDaemon(there(status), '1.3.0');
	t.is(verdict, 'warning');
	t.regex(evidence, /version 1\.2\.3.*this program is 1\.3\.0/);
	t.is(fix.at(-1), '$ golem provider stop && golem provider --detach');
});

test('a provider that is not there is to be started, one that is silent to be looked at', t => {
	t.like(judgeDaemon(notThere('NOT_REACHABLE', 'cannot be reached'), '1.2.3'), {
		verdict: 'failed',
		fix: ['$ golem provider --detach'],
	});
	const silent = judgeDaemon(notThere('NET_001', 'The provider did not answer in 5 s'), '1.2.3');
	t.is(silent.verdict, 'failed');
	t.is(silent.evidence, 'The provider did not answer in 5 s');
	t.is(silent.fix.at(-1), '$ golem provider logs');
});

test('a driver that only emulates is a remark, not a fault', t => {
	const {verdict, evidence} = judgeDriver({
		programs: [
			{program: 'qemu-system-x86_64', version: there('8.2.0')},
			{program: 'qemu-img', version: there('8.2.0')},
		],
		accelerator: {kind: 'tcg', reason: 'this processor offers no virtualisation'},
	});
	t.is(verdict, 'ok');
	t.is(
		evidence,
		'qemu-system-x86_64 8.2.0, qemu-img 8.2.0, TCG (emulated: this processor offers no virtualisation)',
	);
});

test('a driver that lacks a program names it, and setup brings it', t => {
	const {verdict, evidence, fix} = judgeDriver({
		programs: [
			{program: 'qemu-system-x86_64', version: there('8.2.0')},
			{program: 'qemu-img', version: notThere('DRIVER_MISSING', 'it was not found')},
		],
		accelerator: {kind: 'kvm'},
	});
	t.is(verdict, 'failed');
	t.is(evidence, 'qemu-img: it was not found');
	t.is(fix.at(-1), '$ golem setup');
});

test('an image on disk will do, as long as a provider that runs knows it', t => {
	const image = {name: 'micro', folder: there('/images/micro')};
	t.is(judgeImage({...image, known: undefined}).verdict, 'ok');
	t.is(judgeImage({...image, known: ['micro']}).verdict, 'ok');
	const unseen = judgeImage({...image, known: []});
	t.is(unseen.verdict, 'failed');
	t.is(unseen.fix.at(-1), '$ golem provider stop && golem provider --detach');
});

test('an image that is not there is to be built', t => {
	const {verdict, fix} = judgeImage({name: 'micro', folder: there(undefined), known: undefined});
	t.is(verdict, 'failed');
	t.is(fix.at(-1), '$ golem setup');
	t.is(judgeImage({name: 'micro', folder: notThere('X', 'ended'), known: undefined}).verdict, 'unknown');
});

test('a clock is right that shows what the servers show, cut seconds and a slow way included', t => {
	const answers = [server('http://a'), server('http://b', {wayMs: 2000, aheadMs: 300})];
	const {verdict, evidence} = judgeClock(answers);
	t.is(verdict, 'ok');
	t.regex(evidence, /^the same as at http:\/\/[ab] and 1 more$/);
});

for (const [aheadMs, verdict] of [
	[4000, 'ok'],
	[-4000, 'ok'],
	[7000, 'warning'],
	[-7000, 'warning'],
	[29_000, 'warning'],
	[32_000, 'failed'],
	[-32_000, 'failed'],
] as const) {
	test(`a clock that is ${-aheadMs / 1000} s ahead of a server is judged ${verdict}`, t => {
		const judged = judgeClock([server('http://a', {aheadMs})]);
		t.is(judged.verdict, verdict);
		t.regex(judged.evidence, new RegExp(`\\d s ${aheadMs > 0 ? 'behind' : 'ahead of'} http://a`));
		t.is(judged.fix.at(-1), verdict === 'ok' ? undefined : '$ timedatectl set-ntp true');
	});
}

test('one server of three with a wrong clock of its own is named, and does not put this one in the wrong', t => {
	const {verdict, evidence} = judgeClock([
		server('http://odd', {aheadMs: 60_000}),
		server('http://a'),
		server('http://b'),
	]);
	t.is(verdict, 'warning');
	t.regex(evidence, /^the same as at .* and 1 more; \d+ s behind http:\/\/odd$/);
});

test('a server that has this machine’s clock does not hide that the others have another one', t => {
	for (const aheadMs of [60_000, -60_000]) {
		const answers = [
			server('http://127.0.0.1:9000'),
			...['http://a', 'http://b'].map(url => server(url, {aheadMs})),
		];
		t.is(judgeClock(answers).verdict, 'failed', `${aheadMs}`);
	}
});

test('where nobody tells the time, the clock is not known', t => {
	t.is(judgeClock([silentServer('http://a')]).verdict, 'unknown');
	const mute = there({askedAtMs: 0, answeredAtMs: 5, serverTimeMs: undefined});
	t.is(judgeClock([{url: 'http://a', answer: mute}]).verdict, 'unknown');
});
