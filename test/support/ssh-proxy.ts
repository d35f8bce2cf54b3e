import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import type {ExecutionContext} from 'ava';
import {openSshProxy, type SshProxy, type SshProxyLimits} from '../../daemons/exe-unit/ssh-proxy.js';
import type {GuestAddress} from '../../daemons/exe-unit/ssh-proxy-connection.js';
import {createTestLog} from './log.js';
import {freePort} from './ports.js';
import {eventually, whenTrue} from './waiting.js';

export type TestProxy = {
	proxy: SshProxy;
	port: number;
	/** What it logged. */
	entries: Array<Record<string, unknown>>;
};

export async function openTestProxy(
	t: ExecutionContext,
	limits: Partial<SshProxyLimits> = {},
): Promise<TestProxy> {
	const port = await freePort();
	const {log, entries} = createTestLog();
	const proxy = await openSshProxy({host: '127.0.0.1', port, log, limits});
	t.teardown(() => proxy.close());
	return {proxy, port, entries};
}

/** The guest's SSH server, as far as the proxy knows it: something that takes connections. */
export async function listenAsGuest(
	t: ExecutionContext,
	serve: (socket: net.Socket) => void,
	options: {pauseOnConnect?: boolean} = {},
): Promise<GuestAddress> {
	const sockets = new Set<net.Socket>();
	const server = net.createServer({...options, allowHalfOpen: true}, socket => {
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

/** A guest that says back what it hears. */
export function listenAsEcho(t: ExecutionContext): Promise<GuestAddress> {
	return listenAsGuest(t, socket => socket.pipe(socket));
}

export function connectClient(t: ExecutionContext, port: number): net.Socket {
	const socket = net.connect({host: '127.0.0.1', port, allowHalfOpen: true});
	socket.on('error', () => {});
	t.teardown(() => socket.destroy());
	return socket;
}

/** All that comes until the other side has said its last, or broken off. A socket's own reading helpers close it then. */
export async function readAll(socket: net.Socket): Promise<Buffer> {
	const chunks: Buffer[] = [];
	socket.on('data', (chunk: Buffer) => chunks.push(chunk));
	await new Promise<void>(resolve => {
		socket.once('end', resolve).once('close', () => resolve());
	});
	return Buffer.concat(chunks);
}

export async function ask(socket: net.Socket, question: string): Promise<string> {
	socket.write(question);
	return String((await once(socket, 'data'))[0]);
}

export type Flood = {
	total: number;
	given(): number;
	/** Comes true once no more was taken for a while. */
	isHeldBack(): Promise<void>;
};

/** Gives a socket far more than the buffers on its way can hold, then ends it. */
export function flood(socket: net.Socket): Flood {
	const chunk = Buffer.alloc(256 * 1024, 'x');
	const total = 400 * chunk.length;
	let given = 0;
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
	return {
		total,
		given: () => given,
		async isHeldBack() {
			let lastGiven = -1;
			await eventually('no more is taken', async () => {
				const isStill = given === lastGiven;
				lastGiven = given;
				await new Promise(resolve => {
					setTimeout(resolve, 200);
				});
				return whenTrue(isStill && given === lastGiven);
			});
		},
	};
}
