import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {execa} from 'execa';
import {freePort} from '../support/ports.js';
import {eventually} from '../support/waiting.js';
import {bulkProgram, echoProgram, haproxyConfiguration, proxyProgram} from './ssh-proxy-peers.js';

/*
Measures the SSH proxy beside HAProxy in TCP mode and a direct connection, in turn, each in a process of its own on one
core: `npm run bench`. It prints; it judges nothing.
*/
const rounds = 7;
const bulkBytes = 2_000_000_000;
const pings = 5000;
const connections = 1000;
const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'golem-bench-'));
const children: ChildProcess[] = [];
const [proxyCore, loadCore] = os.availableParallelism() > 1 ? [0, 1] : [0, 0];

type Route = {name: 'direct' | 'HAProxy' | 'golem'; port: number; pid: number | undefined};

try {
	const has = async (program: string) =>
		(await execa('sh', ['-c', `command -v ${program}`], {reject: false})).exitCode === 0;
	const [haproxy, taskset, python] = await Promise.all(['haproxy', 'taskset', 'python3'].map(has));
	print('machine', `${os.cpus()[0]?.model.trim()} × ${os.availableParallelism()}, node ${process.version}`);
	print(
		'pinned',
		taskset ? `the proxy to core ${proxyCore}, the others to core ${loadCore}` : 'no: no taskset',
	);
	if (!haproxy) {
		print('haproxy', 'not installed: only the ratio to a direct connection is told');
	}

	const pin = async (pid: number | undefined, core: number) => {
		if (taskset && pid !== undefined) {
			await execa('taskset', ['-apc', String(core), String(pid)]);
		}
	};
	const program = path.join(folder, 'proxy.mjs');
	await build({
		stdin: {contents: proxyProgram, resolveDir: fileURLToPath(new URL('../..', import.meta.url))},
		outfile: program,
		bundle: true,
		platform: 'node',
		format: 'esm',
		logLevel: 'error',
		banner: {
			js: "import {createRequire} from 'node:module'; const require = createRequire(import.meta.url);",
		},
	});
	/** A guest and the ways to it, each with its own processes. */
	const openRoutes = async (guest: (port: number) => ChildProcess): Promise<Route[]> => {
		const [guestPort, haproxyPort, golemPort] = [await freePort(), await freePort(), await freePort()];
		const routes: Route[] = [{name: 'direct', port: guestPort, pid: undefined}];
		const server = guest(guestPort);
		if (haproxy) {
			const file = path.join(folder, `haproxy-${haproxyPort}.cfg`);
			await fs.writeFile(file, haproxyConfiguration(haproxyPort, guestPort));
			routes.push({name: 'HAProxy', port: haproxyPort, pid: start('haproxy', '-db', '-f', file).pid});
		}

		const log = path.join(folder, `${golemPort}.log`);
		const proxy = start(process.execPath, program, String(golemPort), String(guestPort), log);
		routes.push({name: 'golem', port: golemPort, pid: proxy.pid});
		for (const {port} of routes) {
			await eventually(`something listens on ${port}`, () =>
				connect(port).then(
					socket => socket.destroy(),
					() => undefined,
				),
			);
		}

		await Promise.all([pin(server.pid, loadCore), ...routes.map(({pid}) => pin(pid, proxyCore))]);
		return routes;
	};

	await pin(process.pid, loadCore);
	if (python) {
		const file = path.join(folder, 'bulk.py');
		await fs.writeFile(file, bulkProgram);
		const routes = await openRoutes(port => start('python3', file, 'guest', String(port), String(bulkBytes)));
		await benchBulk('upload', file, routes);
		await benchBulk('download', file, routes);
	} else {
		print('throughput', 'not measured: there is no python3');
	}

	const routes = await openRoutes(port =>
		start(process.execPath, '--input-type=module', '--eval', echoProgram, String(port)),
	);
	await benchMemory(routes);
	// On one core: how long another core takes to wake up is not the proxy's.
	await Promise.all([process.pid, ...children.map(({pid}) => pid)].map(pid => pin(pid, loadCore)));
	await benchLatency(routes);
} finally {
	for (const child of children) {
		child.kill('SIGKILL');
	}

	await fs.rm(folder, {recursive: true, force: true});
}

async function benchBulk(direction: 'upload' | 'download', file: string, routes: Route[]): Promise<void> {
	const speeds = new Map<string, number[]>();
	const efficiencies = new Map<string, number[]>();
	for (let round = 0; round < rounds; round++) {
		for (const {name, port, pid} of routes) {
			const before = await processorSeconds(pid);
			const {stdout} = await execa('python3', [file, direction, String(port), String(bulkBytes)]);
			add(speeds, name, Number(stdout));
			add(efficiencies, name, bulkBytes / 1e9 / ((await processorSeconds(pid)) - before));
		}
	}

	for (const {name, pid} of routes) {
		const own =
			pid === undefined
				? ''
				: `, ${median(efficiencies.get(name) ?? []).toFixed(2)} GB a second of its processor`;
		print(`${direction}, ${name}`, `${median(speeds.get(name) ?? []).toFixed(2)} GB/s${own}`);
	}

	printRatios(`${direction}, golem to`, speeds);
	printRatios('  the same by processor', efficiencies);
}

/** Resident memory of each proxy with many connections open, after each of them has carried something. */
async function benchMemory(routes: Route[]): Promise<void> {
	for (const {name, port, pid} of routes.filter(({pid}) => pid !== undefined)) {
		const before = await residentKilobytes(pid);
		const sockets: net.Socket[] = [];
		const openUpTo = async (count: number) => {
			while (sockets.length < count) {
				sockets.push(...(await Promise.all(Array.from({length: 50}, () => connect(port)))));
			}

			await Promise.all(sockets.map(ping));
			await Promise.all(sockets.map(ping));
			return residentKilobytes(pid);
		};
		const half = await openUpTo(connections / 2);
		const all = await openUpTo(connections);
		const each = ((all - before) / connections).toFixed(1);
		const later = ((all - half) / (connections / 2)).toFixed(1);
		print(
			`memory, ${name}`,
			`${each} KB a connection from none to ${connections}, ${later} KB in the second half`,
		);
		for (const socket of sockets) {
			socket.destroy();
		}
	}
}

/** There and back of one keystroke's packet. */
async function benchLatency(routes: Route[]): Promise<void> {
	const middle = new Map<string, number[]>();
	const slow = new Map<string, number[]>();
	const sockets = await Promise.all(routes.map(({port}) => connect(port)));
	for (let round = 0; round <= rounds; round++) {
		for (const [index, {name}] of routes.entries()) {
			const socket = sockets[index];
			const times: number[] = [];
			while (socket && times.length < pings) {
				const startedAt = performance.now();
				await ping(socket);
				times.push(performance.now() - startedAt);
			}

			// The first round is for warming up.
			if (round > 0) {
				add(middle, name, quantile(times, 0.5));
				add(slow, name, quantile(times, 0.99));
			}
		}
	}

	for (const [what, values] of [
		['p50', middle],
		['p99', slow],
	] as const) {
		const direct = values.get('direct') ?? [];
		print(`latency, ${what}, direct`, `${median(direct).toFixed(3)} ms`);
		for (const [name, list] of [...values].slice(1)) {
			const added = list.map((value, round) => value - (direct[round] ?? Number.NaN));
			print(`latency, ${what}, ${name}`, `+${median(added).toFixed(3)} ms (${spread(added, 3)})`);
		}
	}

	for (const socket of sockets) {
		socket.destroy();
	}
}

function start(command: string, ...args: string[]): ChildProcess {
	const child = spawn(command, args, {stdio: ['ignore', 'ignore', 'inherit']});
	children.push(child);
	return child;
}

async function connect(port: number): Promise<net.Socket> {
	const socket = net.connect({host: '127.0.0.1', port, noDelay: true});
	await once(socket, 'connect');
	return socket.on('error', () => {});
}

async function ping(socket: net.Socket): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const fail = () => reject(new Error('A connection was closed.'));
		socket.once('close', fail);
		socket.once('data', () => {
			socket.off('close', fail);
			resolve();
		});
		socket.write('one keystroke, as it is when it is encrypted');
	});
}

async function processorSeconds(pid: number | undefined): Promise<number> {
	const stat = pid === undefined ? '' : await fs.readFile(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function residentKilobytes(pid: number | undefined): Promise<number> {
	return Number(/VmRSS:\s+(\d+)/.exec(await fs.readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Ratios within each round, where whatever else the machine did was the same for all. */
function printRatios(what: string, values: Map<string, number[]>): void {
	const golem = values.get('golem') ?? [];
	for (const [name, list] of values) {
		if (name !== 'golem' && list.every(Number.isFinite)) {
			const ratios = golem.map((value, round) => value / (list[round] ?? Number.NaN));
			print(`${what} ${name}`, `${median(ratios).toFixed(2)} (${spread(ratios, 2)})`);
		}
	}
}

function add(to: Map<string, number[]>, name: string, value: number): void {
	to.set(name, [...(to.get(name) ?? []), value]);
}

function median(values: readonly number[]): number {
	return quantile(values, 0.5);
}

function quantile(values: readonly number[], part: number): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;
}

function spread(values: readonly number[], digits: number): string {
	return `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)} in ${values.length} rounds`;
}

function print(name: string, value: string): void {
	process.stdout.write(`${name.padEnd(32)}${value}\n`);
}
