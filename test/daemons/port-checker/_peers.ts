import {createHmac} from 'node:crypto';
import {once} from 'node:events';
import net, {type AddressInfo} from 'node:net';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {portCheckGreeting} from '../../../source/protocol/port-check.js';
import {startChild} from '../../support/child-process.js';

/* Whom a port checker may meet. */

export const challenge = '5a'.repeat(32);

export type Peer = {
	port: number;
	/** How often somebody connected. */
	connections: () => number;
	/** All that was said to it. */
	heard: () => string;
};

/** Listens on the loopback and does with each connection what the test says; the end of the test ends it. */
export async function startPeer(
	t: ExecutionContext,
	talk: (socket: net.Socket) => void,
	port = 0,
): Promise<Peer> {
	let connections = 0;
	let heard = '';
	const sockets = new Set<net.Socket>();
	const server = net.createServer(socket => {
		connections += 1;
		sockets.add(socket);
		socket.on('error', () => {});
		socket.once('close', () => sockets.delete(socket));
		socket.on('data', chunk => {
			heard += chunk.toString('latin1');
		});
		talk(socket);
	});
	t.teardown(() => {
		server.close();
		for (const socket of sockets) {
			socket.destroy();
		}
	});
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	return {port: (server.address() as AddressInfo).port, connections: () => connections, heard: () => heard};
}

export const proofOf = (asked: string, port: number | undefined) =>
	createHmac('sha256', 'the provider’s key').update(`${asked}:${port}`).digest('hex');

/** Greets and answers as golem's listener does; `write` may do so in its own way. */
export function talkAsGolem(
	socket: net.Socket,
	write: (socket: net.Socket, text: string) => unknown = (open, text) => open.write(text),
): void {
	let line = '';
	socket.on('data', chunk => {
		line += chunk.toString('latin1');
		if (line.endsWith('\n')) {
			write(socket, `${proofOf(line.trim(), socket.localPort)}\n`);
		}
	});
	write(socket, `${portCheckGreeting}\n`);
}

/** Each byte in a packet of its own. */
export async function writeSlowly(socket: net.Socket, text: string): Promise<void> {
	socket.setNoDelay(true);
	for (const byte of text) {
		await new Promise(resolve => socket.write(byte, resolve));
		await new Promise(resolve => setImmediate(resolve));
	}
}

/** Takes connections and says nothing. */
export const saySilence = () => {};

/** A port nobody listens on: held by a connection's own end, so that nobody else gets it in the meantime. */
export async function closedPort(t: ExecutionContext): Promise<number> {
	const {port} = await startPeer(t, saySilence);
	const socket = net.connect(port, '127.0.0.1');
	await once(socket, 'connect');
	t.teardown(() => socket.destroy());
	return socket.localPort ?? 0;
}

/** Ports on the loopback to which every packet is lost: their backlog is full, and nobody takes anything from it. */
export async function deadPorts(t: ExecutionContext, count: number): Promise<number[]> {
	const child = startChild(t, fileURLToPath(new URL('_dead-ports.ts', import.meta.url)), {
		args: [String(count)],
	});
	await child.printed('\n');
	const ports = JSON.parse(child.stdout()) as number[];
	for (const port of ports) {
		const sockets = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')];
		for (const socket of sockets) {
			socket.on('error', () => {});
			t.teardown(() => socket.destroy());
		}

		await Promise.all(sockets.map(socket => once(socket, 'connect')));
	}

	return ports;
}
