import {type ChildProcess, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {rmSync} from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import {removeWithProcesses} from './leftovers.js';
import {
	type Addresses,
	connectMachines,
	killAllIn,
	type Machine,
	machines,
	removeSpaces,
	runTool,
} from './port-world-machines.js';
import {type RouterRules, writeRouterRules} from './port-world-router.js';
import {eventually, whenTrue} from './waiting.js';

/** A program on one of the machines. */
export type WorldProcess = {
	pid: number;
	stdout(): string;
	stderr(): string;
	/** Waits until it has printed that on stdout. */
	printed(text: string, timeoutMs?: number): Promise<void>;
	hasEnded(): boolean;
	/** At once, with no chance to tidy up. */
	kill(): Promise<void>;
};

export type WorldAnswer = {status: number; body: string};

export type PortWorld = {
	/** Everything of this world is in it. */
	folder: string;
	/** Where each machine is found; the router by its public address. */
	addresses: Addresses;
	/** Has the router do that, and nothing of what it did before. */
	route(rules: RouterRules): Promise<void>;
	/** The words that run a program on that machine. */
	on(machine: Machine): readonly [program: string, ...args: string[]];
	/** Starts Node there. */
	start(machine: Machine, args: readonly string[], environment?: Record<string, string>): WorldProcess;
	/** Posts bodies from that machine, one after the other. */
	post(
		machine: Machine,
		url: string,
		bodies: readonly unknown[],
		headers?: Record<string, string>,
	): Promise<WorldAnswer[]>;
	/** Counts from now on what crosses the internet and is like that, in nft's words. @returns how many packets did */
	count(match: string): Promise<() => Promise<number>>;
	/** Ends every process of it and takes it away. */
	tearDown(): Promise<void>;
};

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const postProgram = `
const [url, bodies, headers] = process.argv.slice(1);
(async () => {
	const answers = [];
	for (const body of JSON.parse(bodies)) {
		const answer = await fetch(url, {
			method: 'POST',
			headers: {'content-type': 'application/json', ...JSON.parse(headers)},
			body: JSON.stringify(body),
		});
		answers.push({status: answer.status, body: await answer.text()});
	}
	console.log(JSON.stringify(answers));
})();`;

export async function createPortWorld(): Promise<PortWorld> {
	const name = `golem-${randomBytes(4).toString('hex')}`;
	const spaceOf = (machine: Machine) => `${name}-${machine}`;
	const on = (machine: Machine) => ['ip', 'netns', 'exec', spaceOf(machine)] as const;
	const folder = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'gw-')));
	const spaces = machines.map(spaceOf);
	const vanish = () => {
		killAllIn(spaces);
		removeSpaces(spaces);
		rmSync(folder, {recursive: true, force: true});
	};
	const end = () => process.exit(1);
	// A test that is interrupted or out of time ends without any teardown.
	process.once('exit', vanish);
	for (const signal of interruptions) {
		process.once(signal, end);
	}

	const tearDown = async () => {
		await removeWithProcesses(folder);
		removeSpaces(spaces);
		process.removeListener('exit', vanish);
		for (const signal of interruptions) {
			process.removeListener(signal, end);
		}
	};
	try {
		const addresses = await connectMachines(spaceOf);
		const route = async (rules: RouterRules) => {
			await runTool([...on('router'), 'nft', '-f', '-'], writeRouterRules(rules, addresses.router));
		};
		await route({});
		return {
			folder,
			addresses,
			route,
			on,
			start(machine, args, environment) {
				const [program, ...words] = [...on(machine), process.execPath, ...args];
				const child = spawn(program, words, {
					cwd: folder,
					// By its home a process is known as one of this world.
					env: {PATH: process.env['PATH'], HOME: folder, ...environment},
					stdio: ['ignore', 'pipe', 'pipe'],
				});
				return watch(child);
			},
			async post(machine, url, bodies, headers = {}) {
				const words = ['-e', postProgram, url, JSON.stringify(bodies), JSON.stringify(headers)];
				const {stdout} = await execa('ip', [...on(machine).slice(1), process.execPath, ...words]);
				return JSON.parse(stdout);
			},
			async count(match) {
				const table = `ip count-${randomBytes(4).toString('hex')}`;
				const nft = (...args: string[]) => runTool([...on('internet'), 'nft', ...args]);
				const hook = 'type filter hook prerouting priority raw;';
				await nft(`table ${table} { chain counted { ${hook} ${match} counter; }; }`);
				return async () => {
					const listing = await nft('list', 'table', ...table.split(' '));
					return Number(/counter packets (\d+)/.exec(listing)?.[1]);
				};
			},
			tearDown,
		};
	} catch (error) {
		await tearDown();
		throw error;
	}
}

function watch(child: ChildProcess): WorldProcess {
	const printed = {stdout: '', stderr: ''};
	for (const name of ['stdout', 'stderr'] as const) {
		child[name]?.setEncoding('utf8').on('data', (text: string) => {
			printed[name] += text;
		});
	}

	let isOver = false;
	const ended = new Promise<void>(resolve => {
		child.once('close', () => {
			isOver = true;
			resolve();
		});
	});
	return {
		pid: child.pid ?? 0,
		stdout: () => printed.stdout,
		stderr: () => printed.stderr,
		hasEnded: () => isOver,
		async printed(text, timeoutMs) {
			const what = `${child.spawnargs.join(' ')} prints ${text}`;
			const look = () => {
				const isThere = printed.stdout.includes(text);
				if (isOver && !isThere) {
					throw new Error(`It ended before it printed ${text}:\n${printed.stdout}\n${printed.stderr}`);
				}

				return whenTrue(isThere);
			};
			await eventually(what, look, timeoutMs);
		},
		async kill() {
			child.kill('SIGKILL');
			await ended;
		},
	};
}
