import net from 'node:net';
import {portCheckGreeting} from '../../../source/protocol/port-check.js';
import type {PortProofs} from './proof.js';

/** Ports that are open to be tried from outside. */
export type PortListeners = {
	/** Those that could be opened; another program has the others. */
	opened: ReadonlySet<number>;
	/** Has anybody connected? */
	wasVisited(port: number): boolean;
	/** Closes one at once, for the VM that got it. */
	release(port: number): void;
	close(): Promise<void>;
};

/** Of one port at once: a router may send all ports of a range to one. Over that the oldest goes, so that nobody can keep the others out by staying. */
const maximumVisitors = 64;
const visitTimeoutMs = 10_000;
const maximumQuestionBytes = 256;

/** Opens what can be opened of these ports. What listens there greets, and answers challenges that are out. */
export async function openPortListeners(
	host: string,
	ports: readonly number[],
	proofs: PortProofs,
): Promise<PortListeners> {
	const visited = new Set<number>();
	const sockets = new Map<number, Set<net.Socket>>();
	const servers = new Map<number, net.Server>();
	const opened = new Set<number>();

	function receive(port: number, socket: net.Socket): void {
		visited.add(port);
		const visitors = sockets.get(port) ?? new Set();
		sockets.set(port, visitors.add(socket));
		for (const oldest of [...visitors].slice(0, -maximumVisitors)) {
			visitors.delete(oldest);
			oldest.destroy();
		}

		socket.once('close', () => visitors.delete(socket));
		answer(socket, challenge => proofs.answer(challenge, port));
	}

	await Promise.all(
		ports.map(async port => {
			const server = net.createServer(socket => receive(port, socket));
			if (await canListen(server, host, port)) {
				servers.set(port, server);
				opened.add(port);
			}
		}),
	);

	/** What waits in the kernel's queue is let go of with the rest. */
	function end(port: number): Promise<void> {
		return new Promise(resolve => {
			servers.get(port)?.close(() => resolve()) ?? resolve();
			for (const socket of sockets.get(port) ?? []) {
				socket.destroy();
			}
		});
	}

	return {
		opened,
		wasVisited: port => visited.has(port),
		release(port) {
			void end(port);
		},
		async close() {
			await Promise.all([...servers.keys()].map(end));
		},
	};
}

/** Can this port be had at this moment? */
export async function isPortFree(host: string, port: number): Promise<boolean> {
	const server = net.createServer(socket => socket.destroy());
	const isFree = await canListen(server, host, port);
	await new Promise<void>(resolve => {
		server.close(() => resolve());
	});
	return isFree;
}

function canListen(server: net.Server, host: string, port: number): Promise<boolean> {
	return new Promise(resolve => {
		server.once('error', () => resolve(false));
		server.listen(port, host, () => {
			server.on('error', () => {});
			resolve(true);
		});
	});
}

/** Greets, takes one line, and says what there is to say to it. */
function answer(socket: net.Socket, answerOf: (challenge: string) => string | undefined): void {
	let question = '';
	socket.setTimeout(visitTimeoutMs, () => socket.destroy());
	socket.on('error', () => {});
	socket.setEncoding('latin1');
	socket.on('data', (chunk: string) => {
		question += chunk;
		const [line, ...more] = question.split('\n');
		if (more.length === 0 && question.length <= maximumQuestionBytes) {
			return;
		}

		const proof = more.length > 0 ? answerOf((line ?? '').trim()) : undefined;
		socket.removeAllListeners('data');
		socket.resume();
		socket.end(proof === undefined ? '' : `${proof}\n`);
	});
	socket.write(`${portCheckGreeting}\n`);
}
