import net from 'node:net';
import * as z from 'zod';
import {GolemError} from '../../../source/platform/golem-error.js';
import {parseJson} from '../../../source/platform/json.js';

const commandTimeoutMs = 10_000;
/** QEMU's replies are small; a longer line is not QEMU. */
const maximumLineBytes = 1024 * 1024;

const replySchema = z.union([
	z.object({event: z.string(), data: z.record(z.string(), z.unknown()).default({})}),
	z.object({return: z.unknown(), id: z.number()}),
	z.object({error: z.object({class: z.string(), desc: z.string()}), id: z.number()}),
	z.object({QMP: z.unknown()}),
]);

/** QEMU's monitor, as JSON over a unix socket (QEMU Machine Protocol). */
export type Qmp = {
	/** @throws QMP_FAILED when QEMU refuses, does not answer in time, or goes away */
	execute(command: string, args?: Record<string, unknown>): Promise<unknown>;
	/** Called for each event; the only ones we look at are few. */
	onEvent(listener: (event: string, data: Record<string, unknown>) => void): void;
	/** Resolves when QEMU, or the connection to it, is gone. */
	closed: Promise<void>;
	close(): void;
};

/** Connects and leaves negotiation mode. */
export async function connectQmp(socketFile: string): Promise<Qmp> {
	const socket = net.connect(socketFile);
	await new Promise<void>((resolve, reject) => {
		socket.once('connect', resolve);
		socket.once('error', reject);
	});
	const waiting = new Map<number, {resolve: (value: unknown) => void; reject: (error: Error) => void}>();
	const listeners = new Set<(event: string, data: Record<string, unknown>) => void>();
	let lastId = 0;
	let buffer = '';
	const closed = new Promise<void>(resolve => {
		socket.once('close', () => {
			for (const {reject} of waiting.values()) {
				reject(new GolemError('QMP_FAILED', 'QEMU closed its monitor.'));
			}

			waiting.clear();
			resolve();
		});
	});
	// «close» follows, and that is what counts.
	socket.on('error', () => {});
	socket.setEncoding('utf8');
	socket.on('data', (chunk: string) => {
		buffer += chunk;
		const lines = buffer.split('\n');
		buffer = lines.pop() ?? '';
		if (buffer.length > maximumLineBytes) {
			socket.destroy();
		}

		for (const line of lines) {
			receive(line);
		}
	});

	function receive(line: string): void {
		const reply = replySchema.safeParse(parseJson(line));
		if (!reply.success) {
			return;
		}

		if ('event' in reply.data) {
			for (const listener of listeners) {
				listener(reply.data.event, reply.data.data);
			}
		} else if ('id' in reply.data) {
			const pending = waiting.get(reply.data.id);
			waiting.delete(reply.data.id);
			if ('error' in reply.data) {
				pending?.reject(new GolemError('QMP_FAILED', `QEMU: ${reply.data.error.desc}`));
			} else {
				pending?.resolve(reply.data.return);
			}
		}
	}

	function execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
		lastId += 1;
		const id = lastId;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				waiting.delete(id);
				reject(
					new GolemError('QMP_FAILED', `QEMU did not answer ${command} in ${commandTimeoutMs / 1000} s.`),
				);
			}, commandTimeoutMs);
			waiting.set(id, {
				resolve(value) {
					clearTimeout(timer);
					resolve(value);
				},
				reject(error) {
					clearTimeout(timer);
					reject(error);
				},
			});
			socket.write(`${JSON.stringify({execute: command, arguments: args, id})}\n`);
		});
	}

	await execute('qmp_capabilities');
	return {execute, onEvent: listener => listeners.add(listener), closed, close: () => socket.destroy()};
}
