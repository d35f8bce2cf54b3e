import {randomInt} from 'node:crypto';
import net from 'node:net';
import {eventually} from './waiting.js';

/*
Ports for tests, which run in many processes at once. They lie below those that the system hands out by itself, in
blocks. Who listens on the guard port of a block has all of it until the process ends, so no other test takes a port
between the moment in which it was found free and that in which it is used.
*/
const blockSize = 16;
const firstPort = 12_000;
const blockCount = 1200;
const firstGuard = firstPort - blockCount;

/** What is left of the block from which single ports are taken. */
let left: number[] = [];

/** A port nobody has, nor any test will. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = left.shift();
		if (port === undefined) {
			const {start} = await freePortRange(blockSize);
			left = Array.from({length: blockSize}, (_, index) => start + index);
		} else if (await canListen(port)) {
			return port;
		}
	}
}

/** Neighbouring ports, at most 16, that nobody has, nor any test will. */
export async function freePortRange(size: number): Promise<{start: number; end: number}> {
	if (size > blockSize) {
		throw new RangeError(`There are ${blockSize} ports in a row at most, not ${size}.`);
	}

	return eventually(`${size} free ports in a row`, async () => {
		const block = randomInt(blockCount);
		const start = firstPort + block * blockSize;
		if (!(await guard(firstGuard + block))) {
			return;
		}

		const isFree = await Promise.all(Array.from({length: size}, (_, index) => canListen(start + index)));
		return isFree.every(Boolean) ? {start, end: start + size} : undefined;
	});
}

/** Can somebody listen on that port of the loopback, and of all addresses? */
export async function canListen(port: number): Promise<boolean> {
	for (const host of ['127.0.0.1', '0.0.0.0']) {
		const server = await listen(port, host);
		if (!server) {
			return false;
		}

		await new Promise(resolve => {
			server.close(resolve);
		});
	}

	return true;
}

/** Takes that port for as long as this process lives. */
async function guard(port: number): Promise<boolean> {
	const server = await listen(port, '127.0.0.1');
	server?.unref();
	return server !== undefined;
}

function listen(port: number, host: string): Promise<net.Server | undefined> {
	return new Promise(resolve => {
		const server = net.createServer();
		server.once('error', () => resolve(undefined));
		server.listen(port, host, () => resolve(server));
	});
}
