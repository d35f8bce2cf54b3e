import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {openSshProxy, type SshProxy} from '../../../daemons/exe-unit/ssh-proxy.js';
import {canListen, freePort} from '../../support/network.js';
import {eventually, whenTrue} from '../../support/waiting.js';

async function openProxy(t: ExecutionContext): Promise<{proxy: SshProxy; port: number}> {
	const port = await freePort();
	const proxy = await openSshProxy({host: '127.0.0.1', port});
	t.teardown(() => proxy.close());
	return {proxy, port};
}

/** The guest's SSH server, as far as the proxy knows it: something that takes connections. */
async function listen(
	t: ExecutionContext,
	serve: (socket: net.Socket) => void,
): Promise<{host: string; port: number}> {
	const sockets = new Set<net.Socket>();
	const server = net.createServer({allowHalfOpen: true}, socket => {
		sockets.add(socket);
		socket.on('error', () => {});
		serve(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		for (const socket of sockets) {
			socket.destroy();
		}

		server.close();
	});
	return {host: '127.0.0.1', port: (server.address() as AddressInfo).port};
}

function connect(t: ExecutionContext, port: number): net.Socket {
	const socket = net.connect({host: '127.0.0.1', port, allowHalfOpen: true});
	socket.on('error', () => {});
	t.teardown(() => socket.destroy());
	return socket;
}

/** All that comes until the other side has said its last, or broken off. A socket's own reading helpers close it then. */
async function readAll(socket: net.Socket): Promise<Buffer> {
	const chunks: Buffer[] = [];
	socket.on('data', (chunk: Buffer) => chunks.push(chunk));
	await new Promise<void>(resolve => {
		socket.once('end', resolve).once('close', () => resolve());
	});
	return Buffer.concat(chunks);
}

test('what goes in comes out at the other side, in both directions', async t => {
	const {proxy, port} = await openProxy(t);
	proxy.setTarget(await listen(t, socket => socket.pipe(socket)));
	const sent = randomBytes(3 * 1024 * 1024);
	const client = connect(t, port);
	client.end(sent);
	t.true(sent.equals(await readAll(client)));
	await eventually('the connection is counted as over', () =>
		whenTrue(proxy.figures().open_connections === 0),
	);
	t.deepEqual(proxy.figures(), {
		open_connections: 0,
		total_connections: 1,
		bytes_in: sent.length,
		bytes_out: sent.length,
	});
});

test('a client that has said all it wants to still hears the whole answer', async t => {
	const {proxy, port} = await openProxy(t);
	const answer = randomBytes(1024 * 1024);
	proxy.setTarget(
		await listen(t, socket => {
			void readAll(socket).then(() => socket.end(answer));
		}),
	);
	const client = connect(t, port);
	client.end('all I have to say');
	t.true(answer.equals(await readAll(client)));
});

test('a guest that has said all it wants to still hears the client', async t => {
	const {proxy, port} = await openProxy(t);
	let heard: Promise<Buffer> | undefined;
	proxy.setTarget(
		await listen(t, socket => {
			heard = readAll(socket);
			socket.end('bye');
		}),
	);
	const client = connect(t, port);
	t.is(String(await readAll(client)), 'bye');
	client.end('one more word');
	t.is(String(await heard), 'one more word');
});

test('a client that does not read holds the guest back, and nothing piles up here', async t => {
	const {proxy, port} = await openProxy(t);
	const chunk = Buffer.alloc(256 * 1024, 'x');
	const total = 400 * chunk.length;
	let given = 0;
	let guest: net.Socket | undefined;
	proxy.setTarget(
		await listen(t, socket => {
			guest = socket;
			const fill = () => {
				while (given < total) {
					given += chunk.length;
					if (!socket.write(chunk)) {
						return;
					}
				}

				socket.end();
			};
			socket.on('drain', fill);
			fill();
		}),
	);
	const memoryBefore = process.memoryUsage().rss;
	const client = connect(t, port);
	client.pause();
	// It has come to a standstill when nothing more was given for a while.
	let lastGiven = -1;
	await eventually('the guest is held back', async () => {
		const isStill = given === lastGiven && given > 0;
		lastGiven = given;
		await new Promise(resolve => {
			setTimeout(resolve, 200);
		});
		return whenTrue(isStill && given === lastGiven);
	});
	t.true((guest?.writableNeedDrain ?? false) && given < total / 3, `${given} of ${total} bytes were taken`);
	t.true(process.memoryUsage().rss - memoryBefore < 60 * 1024 * 1024);

	let received = 0;
	client.on('data', data => {
		received += data.length;
	});
	client.resume();
	await once(client, 'end');
	t.is(received, total);
});

test('while the VM is off a connection is closed at once', async t => {
	const {proxy, port} = await openProxy(t);
	const target = await listen(t, socket => socket.end('hello'));
	t.is(String(await readAll(connect(t, port))), '');
	proxy.setTarget(target);
	t.is(String(await readAll(connect(t, port))), 'hello');
	proxy.setTarget(undefined);
	t.is(String(await readAll(connect(t, port))), '');
	t.is(proxy.figures().total_connections, 1);
});

test('a guest that refuses, and one that breaks off, end the connection', async t => {
	const {proxy, port} = await openProxy(t);
	proxy.setTarget({host: '127.0.0.1', port: await freePort()});
	t.is(String(await readAll(connect(t, port))), '');

	proxy.setTarget(await listen(t, socket => socket.once('data', () => socket.resetAndDestroy())));
	const client = connect(t, port);
	client.write('x');
	await readAll(client);
	await eventually('nothing is open', () => whenTrue(proxy.figures().open_connections === 0));
	t.is(proxy.figures().total_connections, 2);
});

test('a client that breaks off ends the guest’s side too', async t => {
	const {proxy, port} = await openProxy(t);
	let heard: Promise<Buffer> | undefined;
	proxy.setTarget(
		await listen(t, socket => {
			heard = readAll(socket);
		}),
	);
	const client = connect(t, port);
	client.write('hello');
	await eventually('the guest was reached', () => whenTrue(heard !== undefined));
	client.resetAndDestroy();
	await heard;
	await eventually('nothing is open', () => whenTrue(proxy.figures().open_connections === 0));
	t.is(proxy.figures().total_connections, 1);
});

test('open connections go on when the target changes, and end when the proxy closes', async t => {
	const {proxy, port} = await openProxy(t);
	proxy.setTarget(await listen(t, socket => socket.pipe(socket)));
	const client = connect(t, port);
	client.write('one');
	t.is(String((await once(client, 'data'))[0]), 'one');
	proxy.setTarget(undefined);
	client.write('two');
	t.is(String((await once(client, 'data'))[0]), 'two');
	t.is(proxy.figures().open_connections, 1);
	await Promise.all([readAll(client), proxy.close()]);
	t.true(await canListen(port));
});

test('a port that somebody has is told as such', async t => {
	const {port} = await openProxy(t);
	await t.throwsAsync(openSshProxy({host: '127.0.0.1', port}), {code: 'NET_003'});
});
