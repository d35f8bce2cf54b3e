import {randomBytes} from 'node:crypto';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import type {PortStatus, PortsReport} from '../../source/protocol/control.js';
import {createPortWorld, type PortWorld} from '../support/port-world.js';
import {
	runGolemOn,
	startStrangers,
	startWorldChecker,
	startWorldDaemon,
	startWorldProvider,
	type WorldProvider,
} from '../support/port-world-daemons.js';
import type {RouterRules} from '../support/port-world-router.js';
import {eventually, whenTrue} from '../support/waiting.js';

/*
Which ports a provider offers, in a little internet made for it: it stands at home behind a router, and the port checkers
stand outside. Only root can make one; for others there is nothing of this to be seen.
*/
const isRoot = process.getuid?.() === 0;

/** Below those that the system gives to outgoing connections. */
const first = 20_800;
const last = 20_811;
const apiPort = 7466;
const portsFrom = (start: number, end: number) =>
	Array.from({length: end - start + 1}, (_, index) => start + index);
const range = portsFrom(first, last);

let world: PortWorld;
let checkers: string[];
let discovery: string;
let providers = 0;

if (isRoot) {
	test.before(async t => {
		t.timeout(180_000);
		world = await createPortWorld();
		const quick = {PORT_CHECK_RETRIES: '1', PORT_CHECK_TIMEOUT: '1'};
		const [one, two] = await Promise.all([
			startWorldChecker(world, 'checker-1', {environment: quick}),
			startWorldChecker(world, 'checker-2', {environment: quick}),
			startWorldDaemon(world, 'checker-1', 'discovery', {
				home: path.join(world.folder, 'discovery'),
				environment: {DISCOVERY_RATE_LIMIT_PER_MINUTE: '100000'},
			}),
		]);
		checkers = [one.url, two.url];
		discovery = `http://${world.addresses['checker-1']}:9001`;
	});

	test.after.always(async () => {
		await world?.tearDown();
	});
} else {
	test('without root there is no little internet to verify ports in', async t => {
		const {failed} = await execa('ip', ['netns', 'add', `golem-${randomBytes(4).toString('hex')}`], {
			reject: false,
		});
		t.true(failed);
	});
}

const inWorld = (title: string, run: (t: ExecutionContext) => Promise<void>) => {
	if (isRoot) {
		test.serial(title, async t => {
			t.timeout(120_000);
			await run(t);
		});
	}
};

/** A provider of the test's own, gone with it. */
async function startProvider(
	t: ExecutionContext,
	settings: Record<string, string> = {},
): Promise<WorldProvider> {
	providers += 1;
	const provider = await startWorldProvider(world, `provider-${providers}`, {
		GOLEM_PROVIDER_PORT: String(apiPort),
		GOLEM_PROVIDER_PORT_RANGE_START: String(first),
		GOLEM_PROVIDER_PORT_RANGE_END: String(last + 1),
		GOLEM_PROVIDER_PORT_CHECK_SERVERS: checkers.join(','),
		GOLEM_PROVIDER_DISCOVERY_URL: discovery,
		...settings,
	});
	t.teardown(provider.remove);
	return provider;
}

async function stranger(
	t: ExecutionContext,
	...args: Parameters<typeof startStrangers> extends [unknown, ...infer Rest] ? Rest : never
) {
	const running = await startStrangers(world, ...args);
	t.teardown(running.kill);
	return running;
}

const home = () => world.addresses.home;
const forwarding = (ports: readonly number[], rest: RouterRules = {}): RouterRules => ({
	...rest,
	forward: [{ports, to: home()}, ...(rest.forward ?? [])],
});

const say = ({state, reason}: PortStatus) => (reason === null ? state : `${state}: ${reason}`);

/** Ports of the range by what is said of them. */
function groups({ports}: PortsReport): Record<string, number[]> {
	const found: Record<string, number[]> = {};
	for (const status of ports) {
		found[say(status)] = [...(found[say(status)] ?? []), status.port];
	}

	return found;
}

/** What somebody on the internet gets for a VM, where the provider asks for no signature. */
async function askForVm(): Promise<{status: number; code: string | undefined}> {
	const [answer] = await world.post(
		'stranger',
		`http://${world.addresses.router}:${apiPort}/api/v1/vms?async=true`,
		[{name: 'wanted', size: 'small'}],
	);
	return {status: answer?.status ?? 0, code: JSON.parse(answer?.body ?? '{}').code};
}

inWorld(
	'ports that the router forwards are verified, and of the others it is said how they fail',
	async t => {
		const forwarded = portsFrom(first, first + 3);
		const [drop, forbid] = [portsFrom(first + 4, first + 6), [first + 7]];
		await world.route(forwarding([apiPort, ...forwarded], {drop, forbid}));
		const provider = await startProvider(t);
		const report = await provider.report();
		t.deepEqual(groups(report), {
			verified: forwarded,
			'unreachable: Connection timed out': drop,
			'unreachable: Host unreachable': forbid,
			'unreachable: Connection refused': portsFrom(first + 8, last),
		});
		t.is(say(report.api), 'verified');
		t.is(report.public_ip, world.addresses.router);
		t.is(report.concurrent_vms, forwarded.length);
		t.deepEqual(
			report.ports[0]?.findings,
			checkers.map(server => ({server, reachable: true, error: null})),
		);
		const {offered, advertisement} = await provider.status();
		t.true(offered);
		t.like(advertisement, {ip_address: world.addresses.router, port: apiPort});
	},
);

inWorld('nothing is advertised while the API cannot be reached from outside', async t => {
	await world.route(forwarding(range, {drop: [apiPort]}));
	const provider = await startProvider(t);
	const report = await provider.report();
	t.deepEqual(groups(report), {verified: range});
	t.is(say(report.api), 'unreachable: Connection timed out');
	t.is(report.concurrent_vms, 0);
	t.is(report.issues[0]?.code, 'api-unreachable');
	const {offered, not_offered_because, advertising} = await provider.status();
	t.false(offered);
	t.deepEqual(not_offered_because, [`its API cannot be reached from outside (port ${apiPort})`]);
	t.like(advertising, {0: {advertised_at: null}});
});

inWorld('ports on which the programs of another machine answer are not taken for the provider’s', async t => {
	const [own, ...others] = range.slice(0, 6);
	const manners = ['silent', 'ssh', 'other-golem', 'other-api', 'line-back'];
	await stranger(t, 'neighbour', {
		...Object.fromEntries(others.map((port, index) => [port, manners[index] ?? ''])),
		[apiPort]: 'other-api',
	});
	await world.route({
		forward: [
			{ports: [own ?? 0], to: home()},
			{ports: [apiPort, ...others], to: world.addresses.neighbour},
		],
	});
	const provider = await startProvider(t);
	const report = await provider.report();
	t.deepEqual(groups(report), {
		verified: [own],
		'unreachable: Wrong answer': others,
		'unreachable: Connection refused': range.slice(6),
	});
	t.is(say(report.api), 'unreachable: Wrong answer');
	t.false((await provider.status())['offered']);
});

inWorld('of ports that a router sends to one, only that one is verified', async t => {
	const one = first + 5;
	await world.route({
		forward: [
			{ports: [apiPort], to: home()},
			{ports: range, to: home(), at: one},
		],
	});
	const provider = await startProvider(t);
	t.deepEqual(groups(await provider.report()), {
		verified: [one],
		'unreachable: Wrong answer': range.filter(port => port !== one),
	});
});

inWorld('where port checkers disagree it is said who, and a quorum of one settles it', async t => {
	const torn = [first + 2, first + 3];
	const agreed = range.filter(port => !torn.includes(port));
	const dropFrom = {sender: world.addresses['checker-2'], ports: torn};
	await world.route(forwarding([apiPort, ...range], {dropFrom}));
	const objection = `${checkers[1]}: Connection timed out`;
	const provider = await startProvider(t);
	t.deepEqual(groups(await provider.report()), {verified: agreed, [`disputed: ${objection}`]: torn});
	await provider.remove();

	const content = await startProvider(t, {GOLEM_PROVIDER_PORT_CHECK_QUORUM: '1'});
	t.deepEqual(groups(await content.report()), {verified: agreed, [`verified: ${objection}`]: torn});
});

const liars = {
	9101: 'checker-without-proof',
	9102: 'checker-with-made-up-proof',
	9103: 'checker-that-says-ssh',
};
const deaf = {9104: 'checker-of-nonsense', 9105: 'silent'};

inWorld(
	'port checkers that lie, talk nonsense or hang change nothing of what two good ones find',
	async t => {
		await stranger(t, 'stranger', {...liars, ...deaf});
		const at = (port: string) => `http://${world.addresses.stranger}:${port}`;
		const forwarded = range.slice(0, 6);
		await world.route(forwarding([apiPort, ...forwarded]));
		const others = {
			GOLEM_PROVIDER_PORT: '7467',
			GOLEM_PROVIDER_PORT_RANGE_START: '21800',
			GOLEM_PROVIDER_PORT_RANGE_END: '21803',
			GOLEM_PROVIDER_PUBLIC_IP: world.addresses.router,
		};
		const [among, believer, lonely] = await Promise.all([
			startProvider(t, {
				GOLEM_PROVIDER_PORT_CHECK_QUORUM: '2',
				GOLEM_PROVIDER_PORT_CHECK_SERVERS: [...checkers, ...Object.keys({...liars, ...deaf}).map(at)].join(
					',',
				),
			}),
			startProvider(t, {...others, GOLEM_PROVIDER_PORT_CHECK_SERVERS: Object.keys(liars).map(at).join(',')}),
			startProvider(t, {
				...others,
				GOLEM_PROVIDER_PORT: '7468',
				GOLEM_PROVIDER_PORT_RANGE_START: '22800',
				GOLEM_PROVIDER_PORT_RANGE_END: '22803',
				GOLEM_PROVIDER_PORT_CHECK_SERVERS: Object.keys(deaf).map(at).join(','),
			}),
		]);
		const report = await among.report(60_000);
		t.deepEqual(
			report.ports.map(({port, state}) => [port, state]),
			range.map(port => [port, forwarded.includes(port) ? 'verified' : 'unreachable']),
		);
		t.deepEqual(
			report.verification.checkers.map(({state}) => state),
			['answered', 'answered', 'answered', 'answered', 'answered', 'failed', 'failed'],
		);

		const believed = await believer.report();
		t.deepEqual(
			[believed.api, ...believed.ports].map(({state}) => state),
			Array(4).fill('unreachable'),
		);
		t.deepEqual(
			believed.ports[0]?.findings.map(({error}) => error),
			['it says that the port is open, but nobody has come through it', 'Wrong answer', 'Wrong answer'],
		);

		const unheard = await lonely.report(60_000);
		t.deepEqual(groups(unheard), {'unknown: no port checker answered': [22_800, 22_801, 22_802]});
		t.is(unheard.issues[0]?.code, 'no-checker');
	},
);

inWorld('a port that another program has is told with who it is, until that one is gone', async t => {
	const taken = first + 3;
	const squatter = await stranger(t, 'home', {[taken]: 'silent'});
	await world.route(forwarding([apiPort, ...range]));
	const provider = await startProvider(t);
	const report = await provider.report();
	t.like(report.ports[3], {
		state: 'occupied',
		reason: `stranger (pid ${squatter.pid}) has it`,
		occupant: {pid: squatter.pid, name: 'stranger'},
	});
	t.deepEqual(
		groups(report)['verified'],
		range.filter(port => port !== taken),
	);

	await squatter.kill();
	t.deepEqual(groups(await provider.verify()), {verified: range});
});

inWorld('a port that a program takes after it was verified is not handed out', async t => {
	await world.route(forwarding([apiPort, first]));
	const provider = await startProvider(t, {GOLEM_PROVIDER_AUTH: 'open'});
	t.deepEqual(groups(await provider.report())['verified'], [first]);

	const squatter = await stranger(t, 'home', {[first]: 'silent'});
	t.is((await askForVm()).code, 'NET_003');
	t.like((await provider.control.ports()).ports[0], {state: 'occupied', occupant: {pid: squatter.pid}});
	t.is((await provider.status())['vms'], 0);
});

inWorld('a port checker tries nobody but who asks, however the address is written', async t => {
	const {router, stranger: other, 'checker-1': own} = world.addresses;
	await world.route(forwarding([apiPort, first]));
	const toOthers = await world.count(`ip saddr ${own} ip daddr != ${router}`);
	const within = await stranger(t, 'checker-1', {20001: 'silent'});
	const hexOf = (address: string) =>
		address
			.split('.')
			.map(byte => Number(byte).toString(16).padStart(2, '0'))
			.join('')
			.replace(/^(....)/, '$1:');
	const check = (address: string, headers = {}) =>
		world.post(
			'home',
			`${checkers[0]}/check-ports`,
			[{provider_ip: address, ports: [20_001, first, 9000]}],
			headers,
		);
	const codeOf = async (address: string, headers = {}) =>
		JSON.parse((await check(address, headers))[0]?.body ?? '{}').code;

	for (const address of [other, `::ffff:${other}`, `::ffff:${hexOf(other)}`]) {
		t.is(await codeOf(address), 'PORT_004', address);
		t.is(await codeOf(address, {'X-Forwarded-For': other, 'X-Real-IP': other}), 'PORT_004', address);
	}

	const never = [
		...['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0.0.0.0', '::'],
		...[own, `::ffff:${own}`, `::ffff:${hexOf(own)}`, `::${own}`, `64:ff9b::${own}`],
		...[`2002:${hexOf(own)}::1`, '192.168.77.1', home(), '10.0.0.1', '169.254.169.254', '224.0.0.1'],
		...['fe80::1', 'fd00::1', '255.255.255.255', '0177.0.0.1', '0x7f.1', '2130706433', 'localhost'],
	];
	for (const address of never) {
		t.is(await codeOf(address), 'PORT_001', address);
	}

	t.is(await toOthers(), 0);
	t.false(within.stdout().includes('visit'));

	// The same counter and the same listener, when somebody does come.
	await world.post('checker-1', `http://${own}:20001/`, [{}]).catch(() => {});
});
