import {spawn} from 'node:child_process';
import {once} from 'node:events';
import net from 'node:net';
import test from 'ava';
import {freePort} from '../../support/ports.js';
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

test('one connection too many is closed at once, and the next has a place when one has gone', async t => {
	const {proxy, port} = await openTestProxy(t, {connections: 2});
	proxy.setTarget(await listenAsEcho(t));
	const [first, second] = [connectClient(t, port), connectClient(t, port)];
	await Promise.all([ask(first, 'a'), ask(second, 'b')]);
	t.is(String(await readAll(connectClient(t, port))), '');
	t.is(proxy.figures().refused_connections, 1);
	t.is(await ask(second, 'still here'), 'still here');

	first.destroy();
	await eventually('it has gone', () => whenTrue(proxy.figures().open_connections === 1));
	t.is(await ask(connectClient(t, port), 'my turn'), 'my turn');
	t.is(proxy.figures().total_connections, 3);
});

test('a silent connection is ended after a time, one that talks is not', async t => {
	const {proxy, port, entries} = await openTestProxy(t, {idleMs: 1000});
	proxy.setTarget(await listenAsEcho(t));
	const [silent, talking] = [connectClient(t, port), connectClient(t, port)];
	await ask(silent, 'my last word');
	const ended = readAll(silent).then(() => true as const);
	while (!silent.readableEnded && !silent.destroyed) {
		t.is(await ask(talking, 'still here'), 'still here');
	}

	await ended;
	t.is(await ask(talking, 'and now'), 'and now');
	const {reason} = await eventually('its end is told', () => entries.find(({reason}) => reason));
	t.is(reason, 'idle');
});

test('a connection that one side has ended may be silent for a shorter time only', async t => {
	const {proxy, port} = await openTestProxy(t, {halfClosedIdleMs: 200});
	proxy.setTarget(await listenAsGuest(t, socket => socket.once('data', () => socket.write('hello'))));
	const [whole, half] = [connectClient(t, port), connectClient(t, port)];
	await Promise.all([ask(whole, 'a'), ask(half, 'b')]);
	half.end();
	await readAll(half);
	await eventually('it is over', () => whenTrue(proxy.figures().open_connections === 1));
	t.false(whole.destroyed);
});

test('a guest that does not take a connection in time ends it', async t => {
	const guestPort = await freePort();
	const code = `require('node:net').createServer().listen({host: '127.0.0.1', port: ${guestPort}, backlog: 1}, () => {
		console.log('listening');
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
		process.exit();
	})`;
	const guest = spawn(process.execPath, ['-e', code], {stdio: ['ignore', 'pipe', 'inherit']});
	t.teardown(() => guest.kill('SIGKILL'));
	await once(guest.stdout, 'data');
	// Its queue of connections that nobody has taken is full then, and the system answers no further one.
	for (let count = 0; count < 4; count++) {
		const waiting = net.connect(guestPort, '127.0.0.1').on('error', () => {});
		t.teardown(() => waiting.destroy());
	}

	const {proxy, port, entries} = await openTestProxy(t, {connectMs: 300});
	proxy.setTarget({host: '127.0.0.1', port: guestPort});
	t.is(String(await readAll(connectClient(t, port))), '');
	await eventually('it is over', () => whenTrue(proxy.figures().open_connections === 0));
	await proxy.close();
	t.deepEqual(
		entries.map(({msg, untold}) => ({msg, untold})),
		[{msg: 'more connections', untold: 1}],
	);
});

test('a client that takes nothing of a VM that is off is given up', async t => {
	const {proxy, port} = await openTestProxy(t, {lingerMs: 200});
	let guest: Flood | undefined;
	proxy.setTarget(
		await listenAsGuest(t, socket => {
			guest = flood(socket);
		}),
	);
	connectClient(t, port).pause();
	await (await eventually('the guest was reached', () => guest)).isHeldBack();
	proxy.setTarget('off');
	t.is(proxy.figures().open_connections, 1);
	await eventually('it is given up', () => whenTrue(proxy.figures().open_connections === 0));
});

test('whoever comes while the VM is starting is held until it is up, and what they said is heard then', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget('starting');
	const client = connectClient(t, port);
	client.write('SSH-2.0-client\r\n');
	await eventually('it waits', () => whenTrue(proxy.figures().waiting_connections === 1));
	t.is(proxy.figures().total_connections, 0);
	proxy.setTarget(await listenAsEcho(t));
	t.is(String((await once(client, 'data'))[0]), 'SSH-2.0-client\r\n');
	const {waiting_connections, open_connections, refused_connections} = proxy.figures();
	t.deepEqual([waiting_connections, open_connections, refused_connections], [0, 1, 0]);
});

test('who waits and talks without end is held back, and nothing of it is lost', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget('starting');
	const client = connectClient(t, port);
	const {given, isHeldBack, total} = flood(client);
	await eventually('it waits', () => whenTrue(proxy.figures().waiting_connections === 1));
	await isHeldBack();
	t.true(given() < total / 3, `${given()} of ${total} bytes were taken`);
	t.is(proxy.figures().bytes_in, 0);
	proxy.setTarget(await listenAsEcho(t));
	t.is((await readAll(client)).length, total);
});

test('only so many may wait', async t => {
	const {proxy, port} = await openTestProxy(t, {waiting: 2});
	proxy.setTarget('starting');
	const waiting = [connectClient(t, port), connectClient(t, port)];
	await eventually('they wait', () => whenTrue(proxy.figures().waiting_connections === 2));
	t.is(String(await readAll(connectClient(t, port))), '');
	t.is(proxy.figures().refused_connections, 1);
	proxy.setTarget(await listenAsEcho(t));
	t.deepEqual(await Promise.all(waiting.map(client => ask(client, 'hello'))), ['hello', 'hello']);
});

test('those who wait have places of the whole', async t => {
	const {proxy, port} = await openTestProxy(t, {connections: 1});
	proxy.setTarget('starting');
	connectClient(t, port);
	await eventually('one waits', () => whenTrue(proxy.figures().waiting_connections === 1));
	t.is(String(await readAll(connectClient(t, port))), '');
});

test('nobody waits for ever', async t => {
	const {proxy, port} = await openTestProxy(t, {waitMs: 200});
	proxy.setTarget('starting');
	t.is(String(await readAll(connectClient(t, port))), '');
	t.deepEqual([proxy.figures().waiting_connections, proxy.figures().refused_connections], [0, 1]);
});

test('who waited longer than a guest may take to answer is as patient as before once it is up', async t => {
	const {proxy, port} = await openTestProxy(t, {waitMs: 1000});
	proxy.setTarget('starting');
	const [held, other] = [connectClient(t, port), await openTestProxy(t, {idleMs: 1500})];
	await eventually('it waits', () => whenTrue(proxy.figures().waiting_connections === 1));
	const guest = await listenAsEcho(t);
	proxy.setTarget(guest);
	other.proxy.setTarget(guest);
	// The other connection's end tells that the time for waiting is long over.
	await readAll(connectClient(t, other.port));
	t.is(await ask(held, 'hello'), 'hello');
	t.is(proxy.figures().refused_connections, 0);
});

test('who waits is sent away when the VM is off instead', async t => {
	const {proxy, port} = await openTestProxy(t);
	proxy.setTarget('starting');
	const client = connectClient(t, port);
	await eventually('it waits', () => whenTrue(proxy.figures().waiting_connections === 1));
	proxy.setTarget('off');
	t.is(String(await readAll(client)), '');
	t.deepEqual([proxy.figures().waiting_connections, proxy.figures().refused_connections], [0, 1]);
});
