import net from 'node:net';
import test from 'ava';
import {attempt} from '../../../daemons/port-checker/attempt.js';
import {type ProbeOptions, probePorts, type TryPort} from '../../../daemons/port-checker/probe.js';
import {eventually, whenTrue} from '../../support/waiting.js';
import {closedPort, deadPorts, saySilence, startPeer} from './_peers.js';

const options: ProbeOptions = {
	retries: 1,
	retryDelayMs: 0,
	timeoutMs: 2000,
	totalTimeoutMs: 10_000,
	concurrency: 256,
};
const never = new AbortController().signal;
const refused = {accessible: false, error: 'Connection refused'} as const;
const timedOut = {accessible: false, error: 'Connection timed out'} as const;
const open = {accessible: true, error: null} as const;

const connect: TryPort = (port, timeoutMs, signal) =>
	attempt(net.connect(port, '127.0.0.1'), {timeoutMs, signal});

test('an open port has no error, a closed one is refused', async t => {
	const [{port}, closed] = [await startPeer(t, saySilence), await closedPort(t)];
	const results = await probePorts([port, closed, port], connect, options, never);
	t.is(results.size, 2);
	t.deepEqual(results.get(port), open);
	t.deepEqual(results.get(closed), refused);
});

test('a port that opens while it is tried again is open', async t => {
	const {port, connections} = await startPeer(t, saySilence);
	let tries = 0;
	const findings = await probePorts(
		[port],
		async (...given) => (++tries < 3 ? refused : connect(...given)),
		{...options, retries: 10, retryDelayMs: 10},
		never,
	);
	t.deepEqual(findings.get(port), open);
	t.is(tries, 3);
	t.is(connections(), 1);
});

test('what is open is not tried again, what is not is tried as often as told', async t => {
	const tries = new Map<number, number>();
	const findings = await probePorts(
		[1, 2, 3],
		async port => {
			tries.set(port, (tries.get(port) ?? 0) + 1);
			return port === 2 ? open : refused;
		},
		{...options, retries: 3},
		never,
	);
	t.deepEqual(Object.fromEntries(tries), {1: 3, 2: 1, 3: 3});
	t.deepEqual(Object.fromEntries(findings), {1: refused, 2: open, 3: refused});
});

test('behind many dead ports the open ones are found, and the first round shares the time among all', async t => {
	const dead = await deadPorts(t, 12);
	const {port} = await startPeer(t, saySilence);
	const granted: number[] = [];
	const findings = await probePorts(
		[...dead, port],
		async (each, timeoutMs, signal) => {
			granted.push(timeoutMs);
			return connect(each, timeoutMs, signal);
		},
		{...options, retries: 3, timeoutMs: 60_000, totalTimeoutMs: 4000, concurrency: 4},
		never,
	);
	// Thirteen ports, four at once: three or four tries after each other.
	t.true(Math.max(...granted) < 4000 / 3 + 1, String(granted));
	t.deepEqual(findings.get(port), open);
	t.deepEqual(
		dead.map(each => findings.get(each)),
		dead.map(() => timedOut),
	);
});

test('a port is tried even where the time is over before its turn', async t => {
	const tried: number[] = [];
	await probePorts(
		[1, 2, 3],
		async (port, timeoutMs) => {
			tried.push(port);
			t.true(timeoutMs > 0, String(timeoutMs));
			return timedOut;
		},
		{...options, totalTimeoutMs: -1, concurrency: 1, retries: 5},
		never,
	);
	t.deepEqual(tried, [1, 2, 3]);
});

test('no more tries are under way at once than allowed', async t => {
	const running = {now: 0, most: 0};
	await probePorts(
		Array.from({length: 100}, (_, index) => index + 1),
		async () => {
			running.now += 1;
			running.most = Math.max(running.most, running.now);
			await new Promise(resolve => setImmediate(resolve));
			running.now -= 1;
			return refused;
		},
		{...options, concurrency: 7, retries: 2},
		never,
	);
	t.is(running.most, 7);
});

test('an abort ends all of it with its reason, also between two rounds', async t => {
	const reason = new Error('the caller went away');
	for (const retryDelayMs of [0, 600_000]) {
		const aborting = new AbortController();
		const [dead = 0] = await deadPorts(t, 1);
		let tries = 0;
		const probing = probePorts(
			[1, dead],
			async (port, ...rest) => {
				tries += 1;
				return port === 1 || retryDelayMs > 0 ? refused : connect(port, ...rest);
			},
			{...options, timeoutMs: 600_000, totalTimeoutMs: 6_000_000, retries: 3, retryDelayMs},
			aborting.signal,
		);
		await eventually('both were tried', () => whenTrue(tries === 2));
		await new Promise(resolve => setImmediate(resolve));
		aborting.abort(reason);
		t.is(await t.throwsAsync(probing), reason);
		t.is(tries, 2);
	}
});

test('where one try cannot be made, the others end too', async t => {
	const dead = await deadPorts(t, 3);
	const fault = new Error('no sockets left');
	const signals: AbortSignal[] = [];
	const probing = probePorts(
		[...dead, 1],
		async (port, timeoutMs, signal) => {
			signals.push(signal);
			return port === 1 ? Promise.reject(fault) : connect(port, timeoutMs, signal);
		},
		{...options, timeoutMs: 600_000, totalTimeoutMs: 6_000_000},
		never,
	);
	t.is(await t.throwsAsync(probing), fault);
	t.true(signals.every(({aborted}) => aborted));
});
