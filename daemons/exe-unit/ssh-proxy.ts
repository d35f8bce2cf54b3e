import net from 'node:net';
import {ApiError} from '../../source/protocol/error-codes.js';

export type SshProxyFigures = {
	open_connections: number;
	total_connections: number;
	bytes_in: number;
	bytes_out: number;
};

/** Carries TCP connections from the VM's public port to its SSH server. */
export type SshProxy = {
	/** Where connections go; undefined while the VM is off, and then they are closed at once. */
	setTarget(target: {host: string; port: number} | undefined): void;
	figures(): SshProxyFigures;
	close(): Promise<void>;
};

/** A peer that vanished without a word is noticed after that time of silence, by TCP's own probes. */
const keepAliveMs = 60_000;

/** @throws NET_003 where the port is taken */
export async function openSshProxy({host, port}: {host: string; port: number}): Promise<SshProxy> {
	const connections = new Set<net.Socket>();
	const figures = {total_connections: 0, bytes_in: 0, bytes_out: 0};
	let target: {host: string; port: number} | undefined;
	const server = net.createServer(
		{allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs},
		client => {
			if (!target) {
				client.destroy();
				return;
			}

			figures.total_connections += 1;
			const guest = net.connect({...target, allowHalfOpen: true, noDelay: true});
			connections.add(client);
			join(client, guest);
			client.once('close', () => {
				connections.delete(client);
				figures.bytes_in += client.bytesRead;
				figures.bytes_out += client.bytesWritten;
			});
		},
	);
	await new Promise<void>((resolve, reject) => {
		server.once('error', error => {
			reject(
				new ApiError('NET_003', `The SSH port ${port} cannot be opened: ${error.message}`, {cause: error}),
			);
		});
		server.listen(port, host, resolve);
	});

	return {
		setTarget(next) {
			target = next;
		},
		figures() {
			const open = [...connections];
			return {
				open_connections: open.length,
				total_connections: figures.total_connections,
				bytes_in: figures.bytes_in + open.reduce((sum, {bytesRead}) => sum + bytesRead, 0),
				bytes_out: figures.bytes_out + open.reduce((sum, {bytesWritten}) => sum + bytesWritten, 0),
			};
		},
		async close() {
			const closed = new Promise<void>(resolve => {
				server.close(() => resolve());
			});
			for (const client of connections) {
				client.destroy();
			}

			await closed;
		},
	};
}

/**
`pipe` holds each side back to what the other takes, and passes on the end of one direction while the other goes on.
Where one side breaks, so does the other.
*/
function join(client: net.Socket, guest: net.Socket): void {
	client.pipe(guest);
	guest.pipe(client);
	// The reason is the other side's business: what matters here is that both end.
	client.on('error', () => guest.destroy());
	guest.on('error', () => client.destroy());
	client.once('close', () => guest.destroy());
	guest.once('close', () => client.destroy());
}
