import type net from 'node:net';
import test from 'ava';
import {freePort} from '../../support/ports.js';
import {
	ask,
	connectClient,
	listenAsEcho,
	listenAsGuest,
	openTestProxy,
	readAll,
	type TestProxy,
} from '../../support/ssh-proxy.js';
import {eventually, whenTrue} from '../../support/waiting.js';

const lineOf = ({entries}: TestProxy) =>
	eventually('its end is told', () => entries.find(({msg}) => msg === 'connection ended'));

test('the end of a connection is told: who, how long, how much and why, and not what was said', async t => {
	const setup = await openTestProxy(t);
	setup.proxy.setTarget(await listenAsEcho(t));
	const client = connectClient(t, setup.port);
	await ask(client, 'a secret word');
	const {localPort} = client;
	client.end();
	const {client: address, duration_ms, bytes_in, bytes_out, reason} = await lineOf(setup);
	t.deepEqual(
		{address, bytes_in, bytes_out, reason},
		{address: `127.0.0.1:${localPort}`, bytes_in: 13, bytes_out: 13, reason: 'client closed'},
	);
	t.true(Number.isInteger(duration_ms));
	t.notRegex(JSON.stringify(setup.entries), /secret/);
});

const endings = {
	'guest closed': (_, guest) => guest.end(),
	'VM off': (_client, _guest, {proxy}) => proxy.setTarget('off'),
	'proxy closed': (_client, _guest, {proxy}) => void proxy.close(),
} as const satisfies Record<string, (client: net.Socket, guest: net.Socket, setup: TestProxy) => unknown>;

for (const [expected, end] of Object.entries(endings)) {
	test(`a connection that ended so is told so: ${expected}`, async t => {
		const setup = await openTestProxy(t);
		let guest: net.Socket | undefined;
		setup.proxy.setTarget(
			await listenAsGuest(t, socket => {
				guest = socket.on('end', () => socket.end());
				socket.write('hello');
			}),
		);
		const client = connectClient(t, setup.port);
		await ask(client, 'hello');
		client.on('end', () => client.end());
		await eventually('both were heard', () => whenTrue(setup.proxy.figures().bytes_in === 5));
		end(client, await eventually('the guest was reached', () => guest), setup);
		t.is((await lineOf(setup))['reason'], expected);
	});
}

test('however many come, only so many have a line of their own; the others are a number', async t => {
	const {proxy, port, entries} = await openTestProxy(t, {linesPerPeriod: 2});
	proxy.setTarget(await listenAsGuest(t, socket => socket.once('data', () => socket.end('bye'))));
	for (let count = 0; count < 5; count++) {
		const client = connectClient(t, port);
		client.end('x');
		await readAll(client);
	}

	await eventually('all are over', () => whenTrue(proxy.figures().open_connections === 0));
	await proxy.close();
	t.deepEqual(
		entries.map(({msg}) => msg),
		['connection ended', 'connection ended', 'more connections'],
	);
	t.is(entries[2]?.['untold'], 3);
});

test('who never said a word, and whom the guest never heard, have no line of their own', async t => {
	const {proxy, port, entries} = await openTestProxy(t);
	proxy.setTarget(await listenAsGuest(t, socket => socket.end('SSH-2.0-guest\r\n')));
	const silent = connectClient(t, port);
	await readAll(silent);
	silent.end();
	proxy.setTarget({host: '127.0.0.1', port: await freePort()});
	await readAll(connectClient(t, port));
	await eventually('both are over', () => whenTrue(proxy.figures().open_connections === 0));
	t.deepEqual(entries, []);
	await proxy.close();
	t.is(entries[0]?.['untold'], 2);
});

test('those who were refused are told as a number once a period, with the reasons', async t => {
	const {proxy, port, entries} = await openTestProxy(t, {periodMs: 500, waiting: 0});
	for (const target of ['off', 'off', 'off', 'starting'] as const) {
		proxy.setTarget(target);
		await readAll(connectClient(t, port));
	}

	await eventually('they are told', () => whenTrue(entries.length > 0));
	t.is(entries.length, 1);
	t.deepEqual(entries[0]?.['refused'], {'VM off': 3, 'too many waiting': 1});
});
