import {setMaxListeners} from 'node:events';
import {setTimeout as sleep} from 'node:timers/promises';
import type {PortFinding} from '../../source/protocol/port-check.js';

export type ProbeOptions = {
	/** Tries before a port counts as unreachable, as far as there is time for them. */
	retries: number;
	retryDelayMs: number;
	/** One try. */
	timeoutMs: number;
	/** All ports, all tries. */
	totalTimeoutMs: number;
	/** Tries under way at once. */
	concurrency: number;
};

/** One try at one port, which ends when its time is over. */
export type TryPort = (port: number, timeoutMs: number, signal: AbortSignal) => Promise<PortFinding>;

/** What is shorter finds nothing out about a far port. */
const shortestTryMs = 500;

/**
Tries each port, then those again that did not open, until all are open or tries or time are used up. With many dead
ports the tries get shorter, so that each has its turn: nothing is said of a port that was not tried.
@throws the signal's reason when it is aborted, and what a try throws
*/
export async function probePorts(
	ports: readonly number[],
	tryPort: TryPort,
	options: ProbeOptions,
	signal: AbortSignal,
): Promise<Map<number, PortFinding>> {
	const deadline = performance.now() + options.totalTimeoutMs;
	const findings = new Map<number, PortFinding>();
	let left = [...new Set(ports)];
	for (let round = 1; ; round++) {
		await tryEach(left, {tryPort, options, deadline, findings, signal});
		left = left.filter(port => !findings.get(port)?.accessible);
		const another = nextTryMs(left.length, deadline - options.retryDelayMs, options);
		if (left.length === 0 || round >= options.retries || another < shortestTry(options)) {
			return findings;
		}

		await sleep(options.retryDelayMs, undefined, {signal}).catch(() => signal.throwIfAborted());
	}
}

/** What a try may take now, so that every one that waits gets as much before the deadline. */
function nextTryMs(waiting: number, deadline: number, {timeoutMs, concurrency}: ProbeOptions): number {
	const waves = Math.ceil(waiting / concurrency);
	return Math.min(timeoutMs, (deadline - performance.now()) / waves);
}

const shortestTry = ({timeoutMs}: ProbeOptions) => Math.min(timeoutMs, shortestTryMs);

type Round = {
	tryPort: TryPort;
	options: ProbeOptions;
	deadline: number;
	findings: Map<number, PortFinding>;
	signal: AbortSignal;
};

async function tryEach(
	ports: readonly number[],
	{tryPort, options, deadline, findings, signal}: Round,
): Promise<void> {
	const failing = new AbortController();
	const either = AbortSignal.any([signal, failing.signal]);
	// Each try under way is one.
	setMaxListeners(options.concurrency, either);
	const queue = ports.values();
	let waiting = ports.length;
	const work = async () => {
		for (const port of queue) {
			either.throwIfAborted();
			// A machine too busy to keep its times is no reason to leave a port out.
			const mayTakeMs = Math.max(shortestTry(options), nextTryMs(waiting, deadline, options));
			waiting -= 1;
			findings.set(port, await tryPort(port, mayTakeMs, either));
		}
	};
	const fail = (error: unknown) => {
		failing.abort(error);
		throw error;
	};
	await Promise.all(Array.from({length: options.concurrency}, () => work().catch(fail)));
	signal.throwIfAborted();
}
