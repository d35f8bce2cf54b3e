import net from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {isErrno} from '../../source/platform/files.js';
import {deadlineSignal} from '../../source/platform/waiting.js';
import type {PortError} from '../../source/protocol/port-check.js';

export type ProbeOptions = {
	/** Tries before a port counts as unreachable. */
	retries: number;
	retryDelayMs: number;
	/** One try. */
	timeoutMs: number;
	/** All ports, all tries. */
	totalTimeoutMs: number;
	/** Connections under way at once. */
	concurrency: number;
};

/**
Tries each port until it opens or its tries are used up.
@returns null for an open port, else why not; what is not decided in the total time counts as timed out
*/
export async function probePorts(
	address: string,
	ports: readonly number[],
	options: ProbeOptions,
): Promise<Map<number, PortError | null>> {
	const results = new Map<number, PortError | null>(ports.map(port => [port, 'Connection timed out']));
	const signal = deadlineSignal(options.totalTimeoutMs);
	const waiting = [...results.keys()].values();
	const worker = async () => {
		for (const port of waiting) {
			if (signal.aborted) {
				return;
			}

			results.set(port, await probePort(address, port, options, signal));
		}
	};
	await Promise.all(Array.from({length: options.concurrency}, worker));
	return results;
}

async function probePort(
	address: string,
	port: number,
	{retries, retryDelayMs, timeoutMs}: ProbeOptions,
	signal: AbortSignal,
): Promise<PortError | null> {
	let result: PortError | null = 'Connection timed out';
	for (let attempt = 1; attempt <= retries && !signal.aborted; attempt++) {
		result = await connectOnce(address, port, timeoutMs, signal);
		if (result === null) {
			return null;
		}

		if (attempt < retries) {
			await sleep(retryDelayMs, undefined, {signal}).catch(() => {});
		}
	}

	return result;
}

function connectOnce(
	address: string,
	port: number,
	timeoutMs: number,
	signal: AbortSignal,
): Promise<PortError | null> {
	return new Promise(resolve => {
		const socket = net.connect({host: address, port});
		const settle = (result: PortError | null) => {
			clearTimeout(timer);
			signal.removeEventListener('abort', onTimeout);
			socket.destroy();
			resolve(result);
		};
		const onTimeout = () => settle('Connection timed out');
		const timer = setTimeout(onTimeout, timeoutMs);
		signal.addEventListener('abort', onTimeout, {once: true});
		socket.once('connect', () => settle(null));
		socket.on('error', error => settle(describe(error)));
	});
}

function describe(error: Error): PortError {
	if (isErrno(error, 'ECONNREFUSED', 'ECONNRESET')) {
		return 'Connection refused';
	}

	if (isErrno(error, 'ENETUNREACH', 'EADDRNOTAVAIL')) {
		return 'Network unreachable';
	}

	return isErrno(error, 'ETIMEDOUT') ? 'Connection timed out' : 'Host unreachable';
}
