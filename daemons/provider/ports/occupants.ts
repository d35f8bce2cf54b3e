import fs from 'node:fs/promises';

/** Who has a local TCP port on this machine. */
export type PortOccupant = {
	pid: number;
	name: string;
	/** False where the port is only this machine's end of a connection, which passes. */
	isListening: boolean;
};

/** The ports that the system gives to outgoing connections by itself. */
export type EphemeralPorts = {
	first: number;
	last: number;
	/** Those of them that it leaves alone, in the kernel's words: `8080,50800-50899`. */
	reserved: string;
};

/** A socket on one of the ports in question. */
type PortSocket = {port: number; isListening: boolean};

const processesAtOnce = 8;
const filesAtOnce = 16;
const listenState = '0A';

/**
Who has these local TCP ports, where that can be known: on Linux, as root for every process, else for the own user's.
Where somebody listens, that is told; else whose connection it is. Of several processes that share a socket it is the
one with the lowest number, which is mostly the parent.
*/
export async function findPortOccupants(ports: readonly number[]): Promise<Map<number, PortOccupant>> {
	const occupants = new Map<number, PortOccupant>();
	if (process.platform !== 'linux' || ports.length === 0) {
		return occupants;
	}

	const sockets = await findSockets(new Set(ports));
	const wanted = new Set([...sockets.values()].map(({port}) => port));
	const pids = wanted.size > 0 ? await findProcessIds() : [];
	for (let index = 0; index < pids.length && occupants.size < wanted.size; index += processesAtOnce) {
		const batch = pids.slice(index, index + processesAtOnce);
		const held = await Promise.all(batch.map(async pid => ({pid, inodes: await socketsOf(pid, sockets)})));
		for (const {pid, inodes} of held.filter(({inodes}) => inodes.length > 0)) {
			const name = await nameOf(pid);
			for (const {port, isListening} of inodes.flatMap(inode => sockets.get(inode) ?? [])) {
				if (name !== undefined && !occupants.has(port)) {
					occupants.set(port, {pid, name, isListening});
				}
			}
		}
	}

	return occupants;
}

/** Undefined where the system does not tell. */
export async function readEphemeralPorts(): Promise<EphemeralPorts | undefined> {
	const folder = '/proc/sys/net/ipv4';
	const [range, reserved] = await Promise.all(
		['ip_local_port_range', 'ip_local_reserved_ports'].map(file =>
			fs.readFile(`${folder}/${file}`, 'utf8').catch(() => ''),
		),
	);
	const [, first, last] = /^(\d+)\s+(\d+)/.exec(range ?? '') ?? [];
	return first && last
		? {first: Number(first), last: Number(last), reserved: (reserved ?? '').trim()}
		: undefined;
}

/** Text from strangers, made fit for one line of a terminal. */
export function oneLine(text: string): string {
	return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** The sockets on those ports by their inodes. Where somebody listens on a port, its connections do not matter. */
async function findSockets(ports: ReadonlySet<number>): Promise<Map<string, PortSocket>> {
	const sockets = new Map<string, PortSocket>();
	for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
		await readSockets(file, ports, sockets);
	}

	const listening = new Set(
		[...sockets.values()].filter(({isListening}) => isListening).map(({port}) => port),
	);
	return new Map([...sockets].filter(([, {port, isListening}]) => isListening || !listening.has(port)));
}

/** Read line by line: with many connections the table is long. */
async function readSockets(
	file: string,
	ports: ReadonlySet<number>,
	sockets: Map<string, PortSocket>,
): Promise<void> {
	const handle = await fs.open(file).catch(() => undefined);
	if (!handle) {
		return;
	}

	try {
		for await (const line of handle.readLines()) {
			const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
			const port = Number.parseInt(local?.split(':')[1] ?? '', 16);
			// What only waits for stragglers (TIME_WAIT) belongs to no process any more, and has no inode.
			if (ports.has(port) && inode !== undefined && inode !== '0') {
				sockets.set(inode, {port, isListening: state === listenState});
			}
		}
	} finally {
		await handle.close();
	}
}

async function findProcessIds(): Promise<number[]> {
	const names = await fs.readdir('/proc').catch(() => []);
	return names
		.map(Number)
		.filter(pid => pid > 0)
		.sort((a, b) => a - b);
}

/** Which of the sockets a process has open; none of one that has ended since, or that is not ours to look into. */
async function socketsOf(pid: number, sockets: ReadonlyMap<string, PortSocket>): Promise<string[]> {
	const folder = `/proc/${pid}/fd`;
	const files = await fs.readdir(folder).catch(() => []);
	const held: string[] = [];
	for (let index = 0; index < files.length; index += filesAtOnce) {
		const batch = files.slice(index, index + filesAtOnce);
		const targets = await Promise.all(batch.map(file => fs.readlink(`${folder}/${file}`).catch(() => '')));
		for (const target of targets) {
			const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
			if (inode !== undefined && sockets.has(inode)) {
				held.push(inode);
			}
		}
	}

	return held;
}

/** Programs name themselves as they like. */
async function nameOf(pid: number): Promise<string | undefined> {
	const name = await fs.readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined);
	return name === undefined ? undefined : oneLine(name) || 'a program without a name';
}
