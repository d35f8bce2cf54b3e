import {
	apiPort,
	checkers,
	first,
	forwarding,
	groups,
	inWorld,
	last,
	openWorld,
	placeStrangers,
	portsFrom,
	range,
	say,
	startProvider,
	world,
} from './_port-world.js';

/*
What is found of a provider's ports, in a little internet made for it.
*/
openWorld();

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
	await placeStrangers(t, 'neighbour', {
		...Object.fromEntries(others.map((port, index) => [port, manners[index] ?? ''])),
		[apiPort]: 'other-api',
	});
	await world.route({
		forward: [
			{ports: [own ?? 0], to: world.addresses.home},
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
			{ports: [apiPort], to: world.addresses.home},
			{ports: range, to: world.addresses.home, at: one},
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
		await placeStrangers(t, 'stranger', {...liars, ...deaf});
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
			believed.ports.map(({state}) => state),
			Array(3).fill('unreachable'),
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
