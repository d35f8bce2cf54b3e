import {once} from 'node:events';
import net from 'node:net';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {temporaryFolder} from '../../../support/temporary-folder.js';

export type Caller = {
	socket: net.Socket;
	/** Sends a value as a line of JSON. */
	say(value: unknown): void;
};

export type LineServer = {
	file: string;
	/** Every byte that came in. */
	received(): string;
	callers: Caller[];
};

/** QEMU's end of one of its unix sockets: hears lines of JSON, with whatever bytes are before them. */
export async function startLineServer(
	t: ExecutionContext,
	hear: (line: {execute: string; arguments: Record<string, unknown>; id?: number}, caller: Caller) => void,
	greet: (caller: Caller) => void = () => {},
): Promise<LineServer> {
	const callers: Caller[] = [];
	let received = '';
	const server = net.createServer(socket => {
		const caller: Caller = {
			socket,
			say: value => {
				socket.write(`${JSON.stringify(value)}\n`);
			},
		};
		callers.push(caller);
		socket.on('error', () => {});
		let rest = '';
		// The guest agent's delimiter is no UTF-8.
		socket.setEncoding('latin1').on('data', (chunk: string) => {
			received += chunk;
			const lines = (rest + chunk).split('\n');
			rest = lines.pop() ?? '';
			for (const line of lines) {
				hear(JSON.parse(Buffer.from(line.slice(line.lastIndexOf('\xff') + 1), 'latin1').toString()), caller);
			}
		});
		greet(caller);
	});
	const file = path.join(await temporaryFolder(t), 'socket');
	server.listen(file);
	await once(server, 'listening');
	t.teardown(() => {
		for (const {socket} of callers) {
			socket.destroy();
		}

		server.close();
	});
	return {file, received: () => received, callers};
}
