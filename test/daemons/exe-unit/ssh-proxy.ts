import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import type net from 'node:net';
import {setImmediate as immediate} from 'node:timers/promises';
import test from 'ava';
import {openSshProxy} from '../../../daemons/exe-unit/ssh-proxy.js';
import {createTestLog} from '../../support/log.js';
import {canListen, freePort} from '../../support/ports.js';
import {
	ask,
	connectClient,
	type Flood,
	flood,
	listenAsEcho,
	listenAsGuest,
	openTestProxy,
	readAll,
} from '../../support/ssh-proxy.js';
import {eventually, whenTrue} from '../../support/waiting.js';

test('what goes in comes out at the other side, in both directions', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget(await listenAsEcho(t));
	const sent = randomBytes(3 * 1024 * 1024);
	const client = connectClient(t, port);
	client.end(sent);
	t.true(sent.equals(await readAll(client)));
	await eventually('the connection is counted as over', () =>
		whenTrue(proxy.figures().open_connections === 0),
	);
	t.deepEqual(proxy.figures(), {
		open_connections: 0,
		total_connections: 1,
		refused_connections: 0,
		waiting_connections: 0,
		bytes_in: sent.length,
		bytes_out: sent.length,
	});
});

test('the bytes of a connection are counted while it is open', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget(await listenAsEcho(t));
	await ask(connectClient(t, port), 'hello');
	const {open_connections, bytes_in, bytes_out} = proxy.figures();
	t.deepEqual({open_connections, bytes_in, bytes_out}, {open_connections: 1, bytes_in: 5, bytes_out: 5});
});

test('a client that has said all it wants to still hears the whole answer', async t => {
	const {proxy, port} = await openTestProxy(t);
	const answer = randomBytes(1024 * 1024);
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			void readAll(socket).then(() => socket.end(answer));
		}),
	);
	const client = connectClient(t, port);
	client.end('all I have to say');
	t.true(answer.equals(await readAll(client)));
});

test('a guest that has said all it wants to still hears the client', async t => {
	const {proxy, port} = await openTestProxy(t);
	let heard: Promise<Buffer> | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			heard = readAll(socket);
			socket.end('bye');
		}),
	);
	const client = connectClient(t, port);
	t.is(String(await readAll(client)), 'bye');
	client.end('one more word');
	t.is(String(await heard), 'one more word');
});

test('a client that does not read holds the guest back, and nothing piles up here', async t => {
	const {proxy, port} = await openTestProxy(t);
	let guest: Flood | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			guest = flood(socket);
		}),
	);
	const client = connectClient(t, port);
	client.pause();
	const {given, isHeldBack, total} = await eventually('the guest was reached', () => guest);
	await isHeldBack();
	t.true(given() < total / 3, `${given()} of ${total} bytes were taken`);

	client.resume();
	t.is((await readAll(client)).length, total);
});

test('a guest that does not read holds the client back, and nothing piles up here', async t => {
	const {proxy, port} = await openTestProxy(t);
	let guest: net.Socket | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			guest = socket.pause();
		}),
	);
	const {given, isHeldBack, total} = flood(connectClient(t, port));
	await isHeldBack();
	t.true(given() < total / 3, `${given()} of ${total} bytes were taken`);

	const reached = await eventually('the guest was reached', () => guest);
	reached.resume();
	t.is((await readAll(reached)).length, total);
});

test('each of many connections that are held back at the same time hears its own guest', async t => {
	const {proxy, port} = await openTestProxy(t);
	const said: Buffer[] = [];
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			socket.once('data', ([number = 0]) => {
				const words = randomBytes(12 * 1024 * 1024);
				said[number] = words;
				socket.end(words);
			});
		}),
	);
	const clients = [0, 1, 2, 3].map(number => {
		const client = connectClient(t, port).pause();
		client.write(Buffer.of(number));
		return client;
	});
	const figure = () => proxy.figures().bytes_out;
	let last = -1;
	await eventually('no more is carried', async () => {
		const isStill = figure() === last;
		last = figure();
		await immediate();
		return whenTrue(isStill && last > 1024 * 1024);
	});
	const heard = await Promise.all(
		clients.map(client => {
			client.resume();
			return readAll(client);
		}),
	);
	for (const [number, words] of heard.entries()) {
		t.true(said[number]?.equals(words));
	}
});

test('words that a client does not take stay as they are while others talk', async t => {
	const {proxy, port} = await openTestProxy(t);
	let guest: net.Socket | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			guest = socket;
		}),
	);
	const slow = connectClient(t, port).pause();
	const speaker = await eventually('the guest was reached', () => guest);
	const words: Buffer[] = [];
	while (!speaker.writableNeedDrain) {
		const word = randomBytes(1000);
		words.push(word);
		speaker.write(word);
		await immediate();
	}

	proxy.setTarget(await listenAsEcho(t));
	const other = connectClient(t, port);
	for (let count = 0; count < 20; count++) {
		t.is((await ask(other, 'x'.repeat(1000))).length, 1000);
	}

	speaker.end();
	slow.resume();
	t.true(Buffer.concat(words).equals(await readAll(slow)));
});

test('a guest that refuses ends the connection', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget({host: '127.0.0.1', port: await freePort()});
	t.is(String(await readAll(connectClient(t, port))), '');
	await eventually('nothing is open', () => whenTrue(proxy.figures().open_connections === 0));
	t.is(proxy.figures().total_connections, 1);
});

/*
A socket that is closed with something unread in it sends a reset and nothing else; Node's own way to a reset says
politely that it has ended first.
*/
test('a guest that breaks off ends the client’s side too', async t => {
	const {proxy, port, entries} = await openTestProxy(t);
	let guest: net.Socket | undefined;
	const serve = (socket: net.Socket) => {
		guest = socket;
	};
	proxy.setTarget(await listenAsGuest(t, serve, {pauseOnConnect: true}));
	const client = connectClient(t, port);
	client.write('unread');
	const reached = await eventually('the guest was reached', () => guest);
	await eventually('it was carried', () => whenTrue(proxy.figures().bytes_in === 6));
	reached.destroy();
	t.is(String(await readAll(client)), '');
	await eventually('nothing is open', () => whenTrue(proxy.figures().open_connections === 0));
	t.is(entries[0]?.['reason'], 'guest broke off');
});

test('a client that breaks off ends the guest’s side too', async t => {
	const {proxy, port, entries} = await openTestProxy(t);
	let heard: Promise<Buffer> | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			heard = readAll(socket);
			socket.write('unread');
		}),
	);
	const client = connectClient(t, port).pause();
	client.write('hello');
	await eventually('both were carried', () =>
		whenTrue(proxy.figures().bytes_in === 5 && proxy.figures().bytes_out === 6),
	);
	client.destroy();
	await eventually('the guest has seen the end', () => heard);
	await eventually('nothing is open', () => whenTrue(proxy.figures().open_connections === 0));
	t.is(entries[0]?.['reason'], 'client broke off');
});

test('a changed target is where new connections go, while open ones stay where they are', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget(await listenAsEcho(t));
	const client = connectClient(t, port);
	t.is(await ask(client, 'one'), 'one');
	proxy.setTarget(await listenAsGuest(t, socket => socket.end('the other')));
	t.is(String(await readAll(connectClient(t, port))), 'the other');
	t.is(await ask(client, 'two'), 'two');
});

for (const target of ['off', 'starting'] as const) {
	test(`open connections end when the VM is ${target}`, async t => {
		const {proxy, port} = await openTestProxy(t);
		proxy.setTarget(await listenAsEcho(t));
		const client = connectClient(t, port);
		await ask(client, 'hello');
		const ended = readAll(client);
		proxy.setTarget(target);
		t.is(String(await ended), '');
		await eventually('nothing is open', () => whenTrue(proxy.figures().open_connections === 0));
	});
}

test('what was read from the guest gets to the client even when the VM is off by then', async t => {
	const {proxy, port} = await openTestProxy(t);
	let guest: Flood | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			guest = flood(socket);
		}),
	);
	const client = connectClient(t, port);
	client.pause();
	await (await eventually('the guest was reached', () => guest)).isHeldBack();
	proxy.setTarget('off');
	const read = proxy.figures().bytes_out;
	client.resume();
	t.is((await readAll(client)).length, read);
});

test('while the VM is off a connection is closed at once', async t => {
	const {proxy, port} = await openTestProxy(t);
	const target = await listenAsGuest(t, socket => socket.end('hello'));
	t.is(String(await readAll(connectClient(t, port))), '');
	proxy.setTarget(target);
	t.is(String(await readAll(connectClient(t, port))), 'hello');
	proxy.setTarget('off');
	t.is(String(await readAll(connectClient(t, port))), '');
	const {total_connections, refused_connections} = proxy.figures();
	t.deepEqual({total_connections, refused_connections}, {total_connections: 1, refused_connections: 2});
});

test('open and waiting connections end when the proxy closes, and its port is free', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget(await listenAsEcho(t));
	const open = connectClient(t, port);
	await ask(open, 'hello');
	await Promise.all([readAll(open), proxy.close(), proxy.close()]);
	t.true(await canListen(port));
	t.is(proxy.figures().open_connections, 0);

	const other = await openTestProxy(t);
	other.proxy.setTarget('starting');
	const waiting = connectClient(t, other.port);
	await once(waiting, 'connect');
	await eventually('it waits', () => whenTrue(other.proxy.figures().waiting_connections === 1));
	await Promise.all([readAll(waiting), other.proxy.close()]);
	t.true(await canListen(other.port));
});

test('a port that somebody has is told as such', async t => {
	const {port} = await openTestProxy(t);
	const {log} = createTestLog();
	await t.throwsAsync(openSshProxy({host: '127.0.0.1', port, log}), {code: 'NET_003'});
});
