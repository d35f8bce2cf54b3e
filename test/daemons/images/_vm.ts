import {readFile, writeFile} from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {execa} from 'execa';
import type {InstalledImage} from '../../../daemons/images/image.js';
import {makeHostKey, makeSeed} from './_seed.js';

type VmParts = {
	image: InstalledImage;
	folder: string;
	sshPort: number;
	/** As in a known_hosts file. */
	hostKey: string;
	address: string;
};

const defaultAddress = '10.0.2.15';

/** A virtual machine of an image, and what a test does with it. All it has is in one folder. */
export class Vm {
	readonly sshPort: number;
	readonly hostKey: string;
	readonly #parts: VmParts;
	#process: ReturnType<typeof startQemu> | undefined;

	private constructor(parts: VmParts) {
		this.#parts = parts;
		this.sshPort = parts.sshPort;
		this.hostKey = parts.hostKey;
	}

	/** Makes keys, a seed and a disk of 12 GB. Only of an address that is not the default the seed tells the guest. */
	static async create(
		image: InstalledImage,
		folder: string,
		{address = defaultAddress, withHostKey = true} = {},
	): Promise<Vm> {
		const file = (name: string) => path.join(folder, name);
		for (const name of ['id', 'stranger']) {
			await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
		}

		const hostKey = makeHostKey();
		const seed = await makeSeed({
			authorizedKeys: await readFile(file('id.pub'), 'utf8'),
			hostKey: withHostKey ? hostKey : undefined,
			network:
				address === defaultAddress ? undefined : `address=${address}/24\ngateway=10.0.2.2\ndns=10.0.2.3\n`,
		});
		await writeFile(file('seed.tar'), seed);

		const backing = ['-b', path.join(image.folder, image.disk.file), '-F', image.disk.format];
		await execa('qemu-img', ['create', '-q', '-f', 'qcow2', ...backing, file('disk.qcow2'), '12G']);

		const sshPort = await freePort();
		await writeFile(file('known_hosts'), `[127.0.0.1]:${sshPort} ${hostKey.openssh}\n`);
		return new Vm({image, folder, sshPort, hostKey: hostKey.openssh, address});
	}

	/** Starts it and waits until the guest says that it is ready. */
	async start(): Promise<void> {
		await writeFile(this.file('serial.log'), '');
		this.#process = startQemu(this.#parts);
		await this.waitForConsole(/^golem: ready\r?$/m);
	}

	async waitForConsole(pattern: RegExp): Promise<void> {
		await waitUntil(`the console says ${pattern}`, 60_000, async () => {
			const text = await this.console();
			if (/golem: failed|Kernel panic/.test(text)) throw new Error(text);
			if (this.#process?.exitCode !== null) throw new Error(`QEMU ended: ${text}`);
			return pattern.test(text);
		});
	}

	async console(): Promise<string> {
		return readFile(this.file('serial.log'), 'utf8');
	}

	/** Options that ssh, scp and sftp all understand. */
	sshOptions({key = 'id'} = {}): string[] {
		const options = {
			Port: this.sshPort,
			IdentityFile: this.file(key),
			UserKnownHostsFile: this.file('known_hosts'),
			GlobalKnownHostsFile: '/dev/null',
			StrictHostKeyChecking: 'yes',
			IdentitiesOnly: 'yes',
			BatchMode: 'yes',
			ConnectTimeout: 20,
		};
		return [
			'-F',
			'/dev/null',
			...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
		];
	}

	/** Runs a command in the guest as its user. */
	async ssh(command: string, options: {key?: string; user?: string} = {}) {
		const args = [...this.sshOptions(options), `${options.user ?? 'ubuntu'}@127.0.0.1`, command];
		return execa('ssh', args, {reject: false, timeout: 60_000});
	}

	/** Sends one command to the guest agent and answers what it returns. */
	async agent(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
		return exchange(this.file('agent.sock'), [{execute: command, arguments: args}]);
	}

	/** Runs a program in the guest as root and answers its output. */
	async agentExec(program: string, ...args: string[]): Promise<string> {
		const started = await this.agent('guest-exec', {path: program, arg: args, 'capture-output': true});
		const {pid} = started as {pid: number};
		let status: {exited: boolean; 'out-data'?: string} = {exited: false};
		await waitUntil(`${program} has ended`, 20_000, async () => {
			status = (await this.agent('guest-exec-status', {pid})) as typeof status;
			return status.exited;
		});
		return Buffer.from(status['out-data'] ?? '', 'base64').toString();
	}

	/** Sends one command to QEMU and answers what it returns. */
	async qmp(command: string): Promise<unknown> {
		return exchange(this.file('qmp.sock'), [{execute: 'qmp_capabilities'}, {execute: command}]);
	}

	/** Waits, 10 s at most, until QEMU has ended by itself, and answers how many milliseconds that took. */
	async waitForEnd(): Promise<number> {
		const started = performance.now();
		const hasEnded = await Promise.race([
			this.#process?.then(() => true),
			delay(10_000, false, {ref: false}),
		]);
		if (!hasEnded) throw new Error('QEMU still runs');
		return performance.now() - started;
	}

	/** Ends QEMU as a power cut would. */
	async kill(): Promise<void> {
		this.#process?.kill('SIGKILL');
		await this.#process;
	}

	file(name: string): string {
		return path.join(this.#parts.folder, name);
	}
}

function startQemu({image, folder, sshPort, address}: VmParts) {
	const file = (name: string) => path.join(folder, name);
	const options = {
		accel: 'tcg,thread=multi,tb-size=128',
		machine: 'q35',
		cpu: 'max',
		smp: '1',
		m: '256',
		display: 'none',
		kernel: path.join(image.folder, image.kernel),
		initrd: path.join(image.folder, image.initrd),
		append: `${image.kernelArguments} ${image.tcgKernelArguments}`,
		fw_cfg: `name=opt/golem/seed,file=${file('seed.tar')}`,
		drive: `file=${file('disk.qcow2')},if=virtio,discard=unmap,detect-zeroes=unmap`,
		netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${sshPort}-${address}:22`,
		serial: `file:${file('serial.log')}`,
		qmp: `unix:${file('qmp.sock')},server=on,wait=off`,
		chardev: `socket,path=${file('agent.sock')},server=on,wait=off,id=agent0`,
	};
	const devices = [
		'virtio-net-pci,netdev=n0,romfile=',
		'virtio-serial-pci',
		'virtserialport,chardev=agent0,name=org.qemu.guest_agent.0',
		'virtio-balloon-pci,id=balloon0,free-page-reporting=on',
		'virtio-rng-pci',
	];
	const args = [
		...['-nodefaults', '-no-user-config'],
		...Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]),
		...devices.flatMap(device => ['-device', device]),
	];
	return execa('qemu-system-x86_64', args, {reject: false});
}

async function freePort(): Promise<number> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await new Promise(resolve => server.once('listening', resolve));
	const address = server.address();
	await new Promise(resolve => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('No port');
	return address.port;
}

/** Sends commands over a socket of QEMU's, one after another, and answers what the last one returns. */
async function exchange(socketPath: string, commands: readonly object[]): Promise<unknown> {
	const socket = net.connect(socketPath).setTimeout(20_000, () => socket.destroy(new Error('No answer')));
	const waiting = [...commands];
	const sendNext = () => socket.write(`${JSON.stringify(waiting.shift())}\n`);
	let buffered = '';
	try {
		sendNext();
		for await (const chunk of socket) {
			const lines = (buffered + String(chunk)).split('\n');
			buffered = lines.pop() ?? '';
			for (const line of lines) {
				const message = JSON.parse(line);
				if ('error' in message) throw new Error(line);
				// Anything else is a greeting or an event.
				if (!('return' in message)) continue;
				if (waiting.length === 0) return message.return;
				sendNext();
			}
		}

		throw new Error('The socket was closed');
	} finally {
		socket.destroy();
	}
}

/** Asks again and again until it is so, but not longer than `timeoutMs`. */
export async function waitUntil(
	what: string,
	timeoutMs: number,
	isSo: () => Promise<boolean>,
): Promise<void> {
	const deadline = performance.now() + timeoutMs;
	while (!(await isSo())) {
		if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain until ${what}`);
		await delay(20);
	}
}
