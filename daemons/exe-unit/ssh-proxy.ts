import net from 'node:net';
import type {Log} from '../../source/platform/log.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {
	bufferBytes,
	type Connection,
	type ConnectionLimits,
	carryConnection,
	type GuestAddress,
} from './ssh-proxy-connection.js';
import {type ConnectionLogLimits, createConnectionLog, type RefusalReason} from './ssh-proxy-log.js';

export type SshProxyFigures = {
	/** Carried now. */
	open_connections: number;
	/** Ever taken to the guest. */
	total_connections: number;
	/** Never taken to the guest. */
	refused_connections: number;
	/** Held until the VM is up. */
	waiting_connections: number;
	bytes_in: number;
	bytes_out: number;
};

/** Where connections go. While the VM is starting they wait, while it is off they are closed at once. */
export type SshProxyTarget = 'off' | 'starting' | GuestAddress;

/** Carries TCP connections from the VM's public port to its SSH server. */
export type SshProxy = {
	/** New connections go there at once. Open ones go on, unless the VM is not there any more. */
	setTarget(target: SshProxyTarget): void;
	figures(): SshProxyFigures;
	close(): Promise<void>;
};

export type SshProxyLimits = ConnectionLimits &
	ConnectionLogLimits & {
		/** Open and waiting ones together. */
		connections: number;
		waiting: number;
		waitMs: number;
	};

const defaultSshProxyLimits = {
	connections: 1024,
	waiting: 64,
	waitMs: 60_000,
	connectMs: 10_000,
	idleMs: 12 * 3_600_000,
	halfClosedIdleMs: 600_000,
	lingerMs: 5000,
	linesPerPeriod: 20,
	periodMs: 60_000,
} as const satisfies SshProxyLimits;

export type SshProxyOptions = {
	host: string;
	port: number;
	log: Log;
	limits?: Partial<SshProxyLimits> | undefined;
};

/** A peer that vanished without a word is noticed after that time of silence, by TCP's own probes. */
const keepAliveMs = 60_000;

/** @throws NET_003 where the port is taken */
export async function openSshProxy({host, port, log, limits: changes}: SshProxyOptions): Promise<SshProxy> {
	const limits: SshProxyLimits = {...defaultSshProxyLimits, ...changes};
	const connectionLog = createConnectionLog(log, limits);
	const connections = new Set<Connection>();
	const waiting = new Set<net.Socket>();
	const past = {total_connections: 0, refused_connections: 0, bytes_in: 0, bytes_out: 0};
	let target: SshProxyTarget = 'off';
	let closing: Promise<void> | undefined;
	let notifyEmpty = () => {};

	// Paused: what a client says before there is somebody to hear it stays in its socket's bounded buffer.
	const server = net.createServer(
		{
			allowHalfOpen: true,
			pauseOnConnect: true,
			noDelay: true,
			keepAlive: true,
			keepAliveInitialDelay: keepAliveMs,
			highWaterMark: bufferBytes,
		},
		receive,
	);
	await listen(server, host, port);
	server.on('error', () => noteRefused('no resources'));

	function noteRefused(reason: RefusalReason): void {
		past.refused_connections += 1;
		connectionLog.noteRefused(reason);
	}

	function refuse(client: net.Socket, reason: RefusalReason): void {
		noteRefused(reason);
		client.destroy();
	}

	function receive(client: net.Socket): void {
		if (target === 'off') {
			refuse(client, 'VM off');
		} else if (connections.size + waiting.size >= limits.connections) {
			refuse(client, 'too many connections');
		} else if (target !== 'starting') {
			carry(client, target);
		} else if (waiting.size >= limits.waiting) {
			refuse(client, 'too many waiting');
		} else {
			hold(client);
		}
	}

	/** That a waiting client went away shows only once it is read; until then it keeps its place. */
	function hold(client: net.Socket): void {
		waiting.add(client);
		client.setTimeout(limits.waitMs);
		client.once('timeout', () => {
			if (waiting.delete(client)) {
				refuse(client, 'waited in vain');
			}
		});
	}

	function carry(client: net.Socket, address: GuestAddress): void {
		past.total_connections += 1;
		const connection = carryConnection(client, address, limits, ended => {
			connections.delete(connection);
			past.bytes_in += ended.bytes_in;
			past.bytes_out += ended.bytes_out;
			connectionLog.noteEnded(ended);
			if (connections.size === 0) {
				notifyEmpty();
			}
		});
		connections.add(connection);
	}

	function setTarget(next: SshProxyTarget): void {
		target = next;
		if (next === 'off' || next === 'starting') {
			for (const connection of connections) {
				connection.finish('VM off');
			}
		}

		if (next === 'starting') {
			return;
		}

		const clients = [...waiting];
		waiting.clear();
		for (const client of clients) {
			if (next === 'off') {
				refuse(client, 'VM off');
			} else {
				carry(client, next);
			}
		}
	}

	async function close(): Promise<void> {
		const closed = new Promise<void>(resolve => {
			server.close(() => resolve());
		});
		const ended = new Promise<void>(resolve => {
			notifyEmpty = resolve;
		});
		for (const connection of connections) {
			connection.destroy('proxy closed');
		}

		setTarget('off');
		await Promise.all([closed, connections.size > 0 && ended]);
		connectionLog.flush();
	}

	return {
		setTarget,
		figures() {
			const open = [...connections];
			return {
				open_connections: open.length,
				total_connections: past.total_connections,
				refused_connections: past.refused_connections,
				waiting_connections: waiting.size,
				bytes_in: past.bytes_in + open.reduce((sum, {client}) => sum + client.bytesRead, 0),
				bytes_out: past.bytes_out + open.reduce((sum, {client}) => sum + client.bytesWritten, 0),
			};
		},
		close: () => {
			closing ??= close();
			return closing;
		},
	};
}

async function listen(server: net.Server, host: string, port: number): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		server.once('error', error => {
			reject(
				new ApiError('NET_003', `The SSH port ${port} cannot be opened: ${error.message}`, {cause: error}),
			);
		});
		server.listen(port, host, resolve);
	});
}
