import {once} from 'node:events';
import http from 'node:http';
import net, {type AddressInfo} from 'node:net';
import test, {type ExecutionContext} from 'ava';
import {shareConnections} from '../../../daemons/host/connection-shares.js';
import {eventually, whenTrue} from '../../support/waiting.js';

async function startServer(t: ExecutionContext, trustedProxies: string[] = []) {
	const server = http.createServer((_request, response) => response.end('here'));
	shareConnections(server, 2, trustedProxies);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const {port} = server.address() as AddressInfo;
	return (from: string) => {
		const socket = net.connect({port, host: '127.0.0.1', localAddress: from});
		socket.on('error', () => {});
		t.teardown(() => socket.destroy());
		return socket;
	};
}

async function isAnswered(socket: net.Socket): Promise<boolean> {
	socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
	const [data] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [])]);
	return data !== undefined;
}

test('an address has its share of connections, and another address its own', async t => {
	const connect = await startServer(t);
	const [first, second] = [connect('127.0.0.1'), connect('127.0.0.1')];
	t.true(await isAnswered(first));
	t.true(await isAnswered(second));
	t.false(await isAnswered(connect('127.0.0.1')));
	t.true(await isAnswered(connect('127.0.0.2')));
	first.destroy();
	await eventually('there is room again', async () => whenTrue(await isAnswered(connect('127.0.0.1'))));
});

test('behind a trusted proxy there are many', async t => {
	const connect = await startServer(t, ['127.0.0.0/8']);
	const answers = await Promise.all([1, 2, 3, 4].map(() => isAnswered(connect('127.0.0.1'))));
	t.deepEqual(answers, [true, true, true, true]);
});
