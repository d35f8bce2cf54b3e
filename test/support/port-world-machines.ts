import {spawnSync} from 'node:child_process';
import {randomInt} from 'node:crypto';
import {execa} from 'execa';

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

/** Where each machine is found; the router by its public address. */
export type Addresses = Record<Exclude<Machine, 'internet'>, string>;

/** Everything that runs in these namespaces, also what outlives those who started it, such as VMs. */
export function killAllIn(spaces: readonly string[]): void {
	for (const space of spaces) {
		const {stdout} = spawnSync('ip', ['netns', 'pids', space], {encoding: 'utf8'});
		for (const pid of (stdout ?? '').split('\n').filter(Boolean)) {
			try {
				process.kill(Number(pid), 'SIGKILL');
			} catch {
				// It has just ended by itself.
			}
		}
	}
}

export function removeSpaces(spaces: readonly string[]): void {
	for (const space of spaces) {
		spawnSync('ip', ['netns', 'delete', space], {stdio: 'ignore'});
	}
}

/** Not by this process's PATH: `npx` puts programs before the system's that happen to have their names. */
export async function runTool(
	[program, ...args]: readonly [string, ...string[]],
	input = '',
): Promise<string> {
	const env = {PATH: '/usr/sbin:/usr/bin:/sbin:/bin'};
	const {stdout} = await execa(program, args, {input, env, extendEnv: false});
	return stdout;
}

/** Makes the machines and the links between them. @returns their addresses */
export async function connectMachines(spaceOf: (machine: Machine) => string): Promise<Addresses> {
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
		runTool(['ip', ...options, '-batch', '-'], `${lines.join('\n')}\n`);
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
		const space = ['ip', 'netns', 'exec', spaceOf(machine)] as const;
		await runTool([...space, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
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
