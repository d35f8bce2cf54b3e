import path from 'node:path';
import {runGolemOn, startWorldChecker} from '../support/port-world-daemons.js';
import {eventually, whenTrue} from '../support/waiting.js';
import {
	apiPort,
	askForVm,
	discovery,
	first,
	forwarding,
	groups,
	inWorld,
	last,
	openWorld,
	placeStrangers,
	quick,
	range,
	say,
	startProvider,
	world,
} from './_port-world.js';

/*
What becomes of a provider's ports in time: VMs come, programs take them, the router forgets them, port checkers and the
provider itself go down.
*/
openWorld();

inWorld('a port that another program has is told with who it is, until that one is gone', async t => {
	const taken = first + 3;
	const squatter = await placeStrangers(t, 'home', {[taken]: 'silent'});
	await world.route(forwarding([apiPort, ...range]));
	const provider = await startProvider(t);
	// A port checker that is just ending may keep a caller waiting.
	const report = await provider.report(60_000);
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

	const squatter = await placeStrangers(t, 'home', {[first]: 'silent'});
	t.is((await askForVm()).code, 'NET_003');
	t.like((await provider.control.ports()).ports[0], {state: 'occupied', occupant: {pid: squatter.pid}});
	t.is((await provider.status())['vms'], 0);
});

inWorld(
	'a VM gets the one port that is reached, answers there, and its port is watched while it has it',
	async t => {
		const port = first + 5;
		await world.route(forwarding([apiPort, port]));
		const provider = await startProvider(t);
		t.deepEqual(groups(await provider.report())['verified'], [port]);
		const {provider_id} = await provider.status();
		const requestor = {
			home: path.join(world.folder, 'requestor'),
			environment: {GOLEM_REQUESTOR_DISCOVERY_URL: discovery},
		};
		const golem = (...args: string[]) => runGolemOn(world, 'checker-1', args, requestor);
		await eventually('the provider advertises', async () => {
			const {stdout} = await golem('vm', 'providers', '--json');
			return whenTrue(stdout.includes(String(provider_id)));
		});
		const create = (name: string) =>
			golem('vm', 'create', name, '--provider-id', String(provider_id), '--json');
		const made = await create('web');
		t.is(made.json?.ssh_port, port, made.stderr);
		t.is((await golem('vm', 'ssh', 'web', '--', 'echo', 'hello')).stdout, 'hello\n');
		t.not((await create('next')).exitCode, 0, 'there is no port for another one');

		const vmId = (await provider.control.ports()).ports[5]?.vm_id;
		const statusOfPort = async () => (await provider.verify()).ports[5];
		t.like(await statusOfPort(), {
			state: 'in-use',
			reason: null,
			vm_id: vmId,
			findings: {0: {reachable: true}},
		});
		await world.route(forwarding([apiPort]));
		t.like(await statusOfPort(), {state: 'in-use', reason: 'Connection refused', vm_id: vmId});
		await placeStrangers(t, 'neighbour', {[port]: 'line-back'});
		await world.route({
			forward: [
				{ports: [apiPort], to: world.addresses.home},
				{ports: [port], to: world.addresses.neighbour},
			],
		});
		t.like(await statusOfPort(), {state: 'in-use', reason: 'Wrong answer', vm_id: vmId});
		await world.route(forwarding([apiPort, port]));
		t.like(await statusOfPort(), {state: 'in-use', reason: null, vm_id: vmId});
	},
);

inWorld('ports that are no longer forwarded are not handed out, until they are forwarded again', async t => {
	await world.route(forwarding([apiPort, ...range]));
	const provider = await startProvider(t, {GOLEM_PROVIDER_AUTH: 'open'});
	t.deepEqual(groups(await provider.report()), {verified: range});

	await world.route(forwarding([apiPort]));
	t.deepEqual(groups(await provider.verify()), {'unreachable: Connection refused': range});
	t.is((await askForVm()).code, 'NET_003');
	const {offered, not_offered_because} = await provider.status();
	t.false(offered);
	t.deepEqual(not_offered_because, ['no port is free that was verified to be reachable']);

	await world.route(forwarding([apiPort, last]));
	t.deepEqual(groups(await provider.verify())['verified'], [last]);
	t.true((await provider.status())['offered']);
});

inWorld('what was found survives a provider that is killed and port checkers that are gone', async t => {
	const own = await Promise.all([
		startWorldChecker(world, 'checker-1', {port: 9100, environment: quick}),
		startWorldChecker(world, 'checker-2', {port: 9100, environment: quick}),
	]);
	const forwarded = range.slice(0, 4);
	await world.route(forwarding([apiPort, ...forwarded]));
	const settings = {
		GOLEM_PROVIDER_PORT_CHECK_SERVERS: own.map(({url}) => url).join(','),
	};
	// Its address too is what the port checkers have told.
	const provider = await startProvider(t, {
		...settings,
		GOLEM_PROVIDER_PUBLIC_IP: 'auto',
		GOLEM_PROVIDER_PUBLIC_IP_SERVICES: '',
	});
	const found = await provider.report();
	t.deepEqual(groups(found)['verified'], forwarded);

	await provider.crash();
	await Promise.all(own.map(({kill}) => kill()));
	await provider.run();
	// A port checker that is just ending may keep a caller waiting.
	const report = await provider.report(60_000);
	const kept = `as found at ${found.ports[0]?.checked_at}; no port checker answers now`;
	t.deepEqual(groups(report)[`verified: ${kept}`], forwarded);
	t.is(report.api.state, 'verified');
	t.true((await provider.status())['offered']);
	await provider.remove();

	const newcomer = await startProvider(t, {...settings, GOLEM_PROVIDER_PUBLIC_IP: world.addresses.router});
	const unheard = await newcomer.report();
	t.deepEqual(groups(unheard), {'unknown: no port checker answered': range});
	t.is(say(unheard.api), 'unknown: no port checker answered');
	t.is(unheard.concurrent_vms, 0);
	t.false((await newcomer.status())['offered']);
});
