import {execFileSync} from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import {rememberFree} from '../../source/dashboard/free-over-time.js';
import {emptyPicture} from '../../source/dashboard/picture.js';
import {createStore} from '../../source/dashboard/store.js';
import {createProviderDirectory} from '../../source/requestor/provider-directory.js';
import {openGolem, pressed, type Screen} from '../support/screen.js';
import {eventually, whenTrue} from '../support/waiting.js';
import {madeUp, type StandInDiscovery, startStandInDiscovery} from './stand-in-discovery.js';

/*
Measures the dashboard over a discovery with ten thousand providers: what it costs while nobody touches it, and how soon
a key is answered while a hundred providers change each second. `npm run bench`. It prints; it judges nothing.
*/
const providers = 10_000;
const changesPerSecond = 100;
const keyPresses = 400;
const startRounds = 7;
/** As long as it takes until everything is read once more, so that this is in it as often as in a day. */
const idleMs = 60_000;
const busyMs = 10_000;
const heapProviders = 500;
const heapUpdates = 100_000;
const endOfFrame = '\u001B[?2026l';
const clockTicksPerSecond = 100;

print('machine', `${os.cpus()[0]?.model.trim()} × ${os.availableParallelism()}, node ${process.version}`);
const home = await fs.mkdtemp(path.join(os.tmpdir(), 'golem-bench-'));
const discovery = await startStandInDiscovery(providers);
try {
	await benchFirstFrame();
	await benchOpen(discovery);
	await benchHeap();
} finally {
	discovery.close();
	await fs.rm(home, {recursive: true, force: true});
}

/** From the start of the process to its first whole frame, in turn with the least that Node can do. */
async function benchFirstFrame(): Promise<void> {
	const bare: number[] = [];
	const golem: number[] = [];
	for (let round = 0; round < startRounds; round++) {
		const began = performance.now();
		execFileSync(process.execPath, ['-e', '0']);
		bare.push(performance.now() - began);
		const start = performance.now();
		const screen = open('http://127.0.0.1:1');
		await firstFrame(screen);
		golem.push(performance.now() - start);
		await quit(screen);
	}

	const [baseline, took] = [median(bare), median(golem)];
	print('node -e 0', `${baseline.toFixed(0)} ms`);
	print(
		'first frame',
		`${took.toFixed(0)} ms; aim: at most ${(3 * baseline + 300).toFixed(0)} ms (3 × + 300)`,
	);
	print('ratio', (took / baseline).toFixed(2));
}

/** One dashboard over all of it: keys first, then nothing. */
async function benchOpen(discovery: StandInDiscovery): Promise<void> {
	const screen = open(discovery.url);
	const began = performance.now();
	screen.type('2');
	await screen.shows(` ${providers} providers `, 120_000);
	print(`all ${providers} there`, `${((performance.now() - began) / 1000).toFixed(1)} s`);

	discovery.change(changesPerSecond);
	await sleep(5000);
	const quiet = await timeKeys(screen);
	print('key to frame', `p50 ${at(quiet, 0.5)} ms, p99 ${at(quiet, 0.99)} ms; aim: p99 at most 33 ms`);
	const busy = await costOf(screen, busyMs);
	print(`CPU, ${changesPerSecond} changes/s`, `${busy.cpuPercent.toFixed(1)} % of a core`);
	discovery.change(0);
	screen.type('1');
	await sleep(8000);
	const idle = await costOf(screen, idleMs);
	print('CPU, idle', `${idle.cpuPercent.toFixed(2)} % of a core in ${idleMs / 1000} s; aim: at most 1 %`);
	print(
		'bytes written, idle',
		`${((idle.bytes * 60_000) / idleMs).toFixed(0)} a minute; aim: none, or nearly`,
	);
	print('memory', `${await residentMegabytes(screen)} MB`);
	await quit(screen);
}

/** Each key moves the mark to another row; what comes with the mark in it is the frame that answers. */
async function timeKeys(screen: Screen): Promise<number[]> {
	const times: number[] = [];
	for (let press = 0; press < keyPresses; press++) {
		const from = screen.raw().length;
		const began = performance.now();
		screen.type(press % 40 < 20 ? (pressed['down'] ?? '') : (pressed['up'] ?? ''));
		await untilAnswered(screen, from);
		times.push(performance.now() - began);
		// At any moment of what goes on beside it.
		await sleep(5 + ((press * 7) % 50));
	}

	return times;
}

async function untilAnswered(screen: Screen, from: number): Promise<void> {
	for (;;) {
		const since = screen.raw().slice(from);
		if (since.indexOf(endOfFrame, since.indexOf('› ')) > 0 && since.includes('› ')) {
			return;
		}

		await new Promise(setImmediate);
	}
}

/** What the process takes of the processors, and what it writes. */
async function costOf(screen: Screen, forMs: number): Promise<{cpuPercent: number; bytes: number}> {
	const [ticks, bytes] = [await ticksOf(screen.pid), screen.raw().length];
	await sleep(forMs);
	const used = ((await ticksOf(screen.pid)) - ticks) / clockTicksPerSecond;
	return {cpuPercent: (used * 100_000) / forMs, bytes: screen.raw().length - bytes};
}

async function ticksOf(pid: number): Promise<number> {
	const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8');
	// Beyond the name, which may have anything in it.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return Number(fields[11]) + Number(fields[12]);
}

async function residentMegabytes({pid}: Screen): Promise<string> {
	const status = await fs.readFile(`/proc/${pid}/status`, 'utf8');
	return (Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0);
}

/** The directory and what is remembered of it, fed with changes as fast as they are taken. */
async function benchHeap(): Promise<void> {
	v8.setFlagsFromString('--expose-gc');
	const collect: () => void = vm.runInNewContext('gc');
	const ending = new AbortController();
	const picture = createStore(emptyPicture('/nowhere'));
	const free = rememberFree(picture);
	let updates = 0;
	const page = async () => {
		// Each has its turn, the tellers of other news too.
		await new Promise(setImmediate);
		const now = Date.now();
		updates += heapProviders;
		return {
			unchanged: false as const,
			etag: undefined,
			next: undefined,
			total: heapProviders,
			advertisements: Array.from({length: heapProviders}, (_, index) => madeUp(index, now + updates)),
			serverTimeMs: now + updates,
		};
	};
	createProviderDirectory({
		urls: ['http://stand-in'],
		intervalMs: 1,
		requestsPerMinute: 1_000_000,
		onChange: directory => picture.update(known => ({...known, directory})),
		signal: ending.signal,
		createClient: () => ({page}),
	});
	const heapAfter = async (wanted: number) => {
		await eventually(`${wanted} updates`, () => whenTrue(updates >= wanted), 300_000);
		collect();
		return process.memoryUsage().heapUsed / 1024 / 1024;
	};
	// So many until everything that is kept is full.
	const before = await heapAfter(80 * heapProviders);
	const after = await heapAfter(updates + heapUpdates);
	ending.abort();
	free.stop();
	print(`heap, ${heapUpdates} updates`, `${before.toFixed(1)} → ${after.toFixed(1)} MB; aim: no growth`);
}

function open(url: string): Screen {
	return openGolem([], {
		home,
		environment: {GOLEM_REQUESTOR_DISCOVERY_URL: url},
		size: {columns: 120, rows: 40},
	});
}

async function firstFrame(screen: Screen): Promise<void> {
	while (!screen.raw().includes(endOfFrame) || !screen.raw().includes(' golem ')) {
		await new Promise(setImmediate);
	}
}

async function quit(screen: Screen): Promise<void> {
	screen.type('q');
	await screen.ended(30_000).catch(() => screen.close());
}

function at(values: readonly number[], share: number): string {
	const sorted = values.toSorted((a, b) => a - b);
	return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);
}

function median(values: readonly number[]): number {
	return Number(at(values, 0.5));
}

function print(name: string, value: string): void {
	process.stdout.write(`${name.padEnd(26)}${value}\n`);
}
