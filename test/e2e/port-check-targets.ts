import {
	apiPort,
	checkers,
	first,
	forwarding,
	inWorld,
	openWorld,
	placeStrangers,
	world,
} from './_port-world.js';

/*
Whom a port checker tries, in a little internet made for it.
*/
openWorld();

inWorld('a port checker tries nobody but who asks, however the address is written', async t => {
	const {router, home, stranger: other, 'checker-1': own} = world.addresses;
	await world.route(forwarding([apiPort, first]));
	const toOthers = await world.count(`ip saddr ${own} ip daddr != ${router}`);
	const within = await placeStrangers(t, 'checker-1', {20001: 'line-back'});
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
		...[`2002:${hexOf(own)}::1`, '192.168.77.1', home, '10.0.0.1', '169.254.169.254', '224.0.0.1'],
		...['fe80::1', 'fd00::1', '255.255.255.255'],
	];
	for (const address of never) {
		t.is(await codeOf(address), 'PORT_001', address);
	}

	for (const address of ['0177.0.0.1', '0x7f.1', '2130706433', 'localhost', `${other}/32`, '']) {
		t.is(await codeOf(address), 'REQ_001', address);
	}

	t.is(await toOthers(), 0);
	t.false(within.stdout().includes('visit'));

	// The same counter and the same listener, when somebody does come; and an address that may be tried.
	await t.throwsAsync(world.post('checker-1', `http://${other}:9000/`, [{}]));
	t.true((await toOthers()) > 0);
	await t.throwsAsync(world.post('checker-1', `http://${own}:20001/`, [{}]));
	await within.printed('visit 20001');
	const [answer] = await check(`::ffff:${router}`);
	t.is(answer?.status, 200);
});
