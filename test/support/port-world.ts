import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {randomBytes, randomInt} from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import {removeWithProcesses} from './leftovers.js';
import {type RouterRules, writeRouterRules} from './port-world-router.js';
import {eventually, whenTrue} from './waiting.js';

/*
A little internet of network namespaces, for root on Linux with `ip` and `nft`:

	home ───────┐                        ┌─── checker-1
	            router ─── internet ─────┼─── checker-2
	neighbour ──┘  (NAT)                 └─── stranger

What is on the right has public addresses of a range that no machine here has; at home they are private.
*/
export const machines = [
	'internet',
	'checker-1',
	'checker-2',
	'stranger',
	'router',
	'home',
	'neighbour',
] as const;
export type Machine = (typeof machines)[number];

/** A program on one of the machines. */
export type WorldProcess = {
	pid: number;
	stdout(): string;
	stderr(): string;
	/** Waits until it has printed that on stdout. */
	printed(text: string): Promise<void>;
	hasEnded(): boolean;
	/** At once, with no chance to tidy up. */
	kill(): Promise<void>;
};

export type WorldAnswer = {status: number; body: string};

export type PortWorld = {
	/** Everything of this world is in it. */
	folder: string;
	/** Where each machine is found; the router by its public address. */
	addresses: Record<Exclude<Machine, 'internet'>, string>;
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
	const children = new Set<ChildProcess>();
	const removeSpaces = () => {
		for (const machine of machines) {
			spawnSync('ip', ['netns', 'delete', spaceOf(machine)], {stdio: 'ignore'});
		}
	};
	// A test that runs out of time ends without any teardown.
	const vanish = () => {
		for (const child of children) {
			child.kill('SIGKILL');
		}

		removeSpaces();
	};
	process.once('exit', vanish);
	const tearDown = async () => {
		await removeWithProcesses(folder);
		removeSpaces();
		process.removeListener('exit', vanish);
	};
	try {
		const addresses = await connectMachines(spaceOf);
		const route = async (rules: RouterRules) => {
			await execa('ip', [...on('router').slice(1), 'nft', '-f', '-'], {
				input: writeRouterRules(rules, addresses.router),
			});
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
				children.add(child);
				child.once('close', () => children.delete(child));
				return watch(child);
			},
			async post(machine, url, bodies, headers = {}) {
				const words = ['-e', postProgram, url, JSON.stringify(bodies), JSON.stringify(headers)];
				const {stdout} = await execa('ip', [...on(machine).slice(1), process.execPath, ...words]);
				return JSON.parse(stdout);
			},
			async count(match) {
				const table = `ip count-${randomBytes(4).toString('hex')}`;
				const nft = (...args: string[]) => execa('ip', [...on('internet').slice(1), 'nft', ...args]);
				const hook = 'type filter hook prerouting priority raw;';
				await nft(`table ${table} { chain all { ${hook} ${match} counter; }; }`);
				return async () => {
					const {stdout} = await nft('list', 'table', ...table.split(' '));
					return Number(/counter packets (\d+)/.exec(stdout)?.[1]);
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
		printed: async text => {
			await eventually(`${child.spawnargs.join(' ')} prints ${text}`, () => {
				if (isOver) {
					throw new Error(`It ended before it printed ${text}:\n${printed.stdout}\n${printed.stderr}`);
				}

				return whenTrue(printed.stdout.includes(text));
			});
		},
		async kill() {
			child.kill('SIGKILL');
			await ended;
		},
	};
}

/** Makes the machines and the links between them. @returns their addresses */
async function connectMachines(spaceOf: (machine: Machine) => string): Promise<PortWorld['addresses']> {
	// Plain addresses of the internet, so that port checkers take them for such; here they lead nowhere else.
	const net = `11.${randomInt(1, 255)}.${randomInt(1, 255)}`;
	const links = [
		{machine: 'router', via: 'internet', subnet: net, first: 0},
		{machine: 'checker-1', via: 'internet', subnet: net, first: 4},
		{machine: 'checker-2', via: 'internet', subnet: net, first: 8},
		{machine: 'stranger', via: 'internet', subnet: net, first: 12},
		{machine: 'home', via: 'router', subnet: '192.168.77', first: 0},
		{machine: 'neighbour', via: 'router', subnet: '192.168.77', first: 4},
	] as const;
	const batch = (lines: readonly string[], ...options: string[]) =>
		execa('ip', [...options, '-batch', '-'], {input: `${lines.join('\n')}\n`});
	await batch([
		...machines.map(machine => `netns add ${spaceOf(machine)}`),
		...links.map(
			({machine, via}) =>
				`link add ${machine} netns ${spaceOf(via)} type veth peer name ${via} netns ${spaceOf(machine)}`,
		),
	]);
	for (const machine of machines) {
		const above = links.filter(link => link.machine === machine);
		const below = links.filter(link => link.via === machine);
		await batch(
			[
				'link set lo up',
				...below.flatMap(({machine: peer, subnet, first}) => [
					`address add ${subnet}.${first + 1}/30 dev ${peer}`,
					`link set ${peer} up`,
				]),
				...above.flatMap(({via, subnet, first}) => [
					`address add ${subnet}.${first + 2}/30 dev ${via}`,
					`link set ${via} up`,
					`route add default via ${subnet}.${first + 1}`,
				]),
			],
			'-n',
			spaceOf(machine),
		);
	}

	for (const machine of ['internet', 'router'] as const) {
		await execa('ip', [
			...['netns', 'exec', spaceOf(machine)],
			...['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'],
		]);
	}

	return {
		router: `${net}.2`,
		'checker-1': `${net}.6`,
		'checker-2': `${net}.10`,
		stranger: `${net}.14`,
		home: '192.168.77.2',
		neighbour: '192.168.77.6',
	};
}
