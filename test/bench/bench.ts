import {spawn} from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {spawn as spawnOnTerminal} from 'node-pty';
import {createHostKey} from '../../daemons/exe-unit/host-key.js';
import {qemuCommandLine} from '../../daemons/exe-unit/qemu/command-line.js';
import {createSeed} from '../../daemons/exe-unit/qemu/seed.js';
import {findImage} from '../../daemons/images/image.js';
import {describeAccelerator, findAccelerator} from '../../source/platform/accelerator.js';

/*
Measures what a user waits for and what a provider's machine pays, each beside a baseline of the same run: `npm run
bench`. It prints; it judges nothing. Needs the image of `golem setup`.
*/
const root = fileURLToPath(new URL('../..', import.meta.url));
const cli = path.join(root, 'dist/source/cli.cjs');
const rounds = 5;
const startRounds = 15;

// Node reads these certificates at every start, which may take longer than all else: any ratio would look small.
delete process.env['NODE_EXTRA_CA_CERTS'];
const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'golem-bench-'));
const home = path.join(folder, 'home');
const environment = {
	...process.env,
	GOLEM_HOME: home,
	DISCOVERY_HOST: '127.0.0.1',
	DISCOVERY_PORT: '0',
	DISCOVERY_ALLOW_PRIVATE: 'true',
	GOLEM_PROVIDER_HOST: '127.0.0.1',
	GOLEM_PROVIDER_PORT: '0',
	GOLEM_PROVIDER_PUBLIC_IP: '127.0.0.1',
	GOLEM_PROVIDER_SKIP_PORT_VERIFICATION: 'true',
	GOLEM_PROVIDER_CPU_THRESHOLD: '100',
	GOLEM_PROVIDER_PORT_RANGE_START: '29000',
	GOLEM_PROVIDER_PORT_RANGE_END: '29010',
};

const accelerator = await findAccelerator();
print('machine', `${os.cpus()[0]?.model.trim()} × ${os.availableParallelism()}, node ${process.version}`);
print('accelerator', describeAccelerator(accelerator));
try {
	await fs.mkdir(home, {recursive: true, mode: 0o700});
	await fs.symlink(
		path.join(process.env['GOLEM_HOME'] ?? path.join(os.homedir(), '.golem'), 'images'),
		path.join(home, 'images'),
	);
	const discovery = JSON.parse((await golem('discovery', '--detach', '--json')).stdout).listening as string;
	Object.assign(environment, {
		GOLEM_PROVIDER_DISCOVERY_URL: discovery,
		GOLEM_REQUESTOR_DISCOVERY_URL: discovery,
	});
	await golem('port-checker', '--detach', '--port', '0');
	await golem('provider', '--detach');
	await untilAdvertised();

	await benchStartUp();
	await benchRental();
	await benchSshStart();
	await benchMemory();
} finally {
	await golem('vm', 'destroy', 'bench', '--yes').catch(() => {});
	for (const daemon of ['provider', 'port-checker', 'discovery']) {
		await golem(daemon, 'stop').catch(() => {});
	}

	await fs.rm(folder, {recursive: true, force: true});
}

/** Time of a whole process beside `node -e 0`, taken in turn; each with what it is meant to stay within. */
async function benchStartUp(): Promise<void> {
	await compareStarts(
		{
			'node -e 0': {args: ['-e', '0']},
			'golem --version': {args: [cli, '--version'], aim: 1.6},
			'golem vm list --json': {args: [cli, 'vm', 'list', '--json'], aim: 1.6},
			'golem vm ssh nobody': {args: [cli, 'vm', 'ssh', 'nobody'], aim: 1.6},
			'golem provider status': {args: [cli, 'provider', 'status'], aim: 1.6},
			'golem status': {args: [cli, 'status'], aim: 1.6},
			// What is left of it where the provider runs already: the front's own part.
			'golem provider --detach': {args: [cli, 'provider', '--detach'], aim: 1.6},
		},
		args => execa(process.execPath, args, {env: environment, reject: false, stdin: 'ignore'}),
	);
	await compareStarts(
		{
			'node -e 0, terminal': {args: ['-e', '0']},
			'vm list, terminal': {args: [cli, 'vm', 'list'], aim: 3},
		},
		runOnTerminal,
	);
}

/** With a VM to go into, and nothing in the place of OpenSSH: what is left is the time until that is started. */
async function benchSshStart(): Promise<void> {
	const programs = path.join(folder, 'programs');
	await fs.mkdir(programs);
	await fs.symlink('/bin/true', path.join(programs, 'ssh'));
	const env = {...environment, PATH: `${programs}:${process.env['PATH']}`};
	await compareStarts(
		{
			'node -e 0': {args: ['-e', '0']},
			'golem vm ssh bench': {args: [cli, 'vm', 'ssh', 'bench'], aim: 1.6},
			'vm list --json, one VM': {args: [cli, 'vm', 'list', '--json']},
		},
		args => execa(process.execPath, args, {env, reject: false, stdin: 'ignore'}),
	);
}

type Start = {
	args: string[];
	/** How many times what it is compared with it may take; nothing where that is not only golem's. */
	aim?: number;
};

/** The first is what the others are compared with; the lowest times are those that others disturbed least. */
async function compareStarts(
	starts: Record<string, Start>,
	run: (args: string[]) => PromiseLike<unknown>,
): Promise<void> {
	const times = new Map<string, number[]>();
	for (let round = 0; round < startRounds; round++) {
		for (const [name, {args}] of Object.entries(starts)) {
			const took = await timed(async () => run(args));
			times.set(name, [...(times.get(name) ?? []), took]);
		}
	}

	const [baseline = []] = times.values();
	for (const [name, values] of times) {
		const middle = (median(values) / median(baseline)).toFixed(2);
		const lowest = (Math.min(...values) / Math.min(...baseline)).toFixed(2);
		const aim = starts[name]?.aim;
		print(
			name,
			[
				`${median(values).toFixed(0)} ms, ${middle} × node -e 0 (at the lowest ${lowest} ×)`,
				...(aim === undefined ? [] : [`aim ${aim} ×`]),
			].join(', '),
		);
	}
}

async function runOnTerminal(args: string[]): Promise<void> {
	await new Promise(resolve => {
		spawnOnTerminal(process.execPath, args, {env: environment}).onExit(resolve);
	});
}

/** From nothing to a first answer by SSH: through the whole network, and from a bare QEMU on the same image. */
async function benchRental(): Promise<void> {
	const rented: number[] = [];
	const bare: number[] = [];
	for (let round = 0; round < rounds; round++) {
		rented.push(
			await timed(async () => {
				await golem('vm', 'create', 'bench');
				await golem('vm', 'ssh', 'bench', '--', 'true');
			}),
		);
		await golem('vm', 'destroy', 'bench', '--yes');
		bare.push(await timeBareQemu());
	}

	print('vm create → first ssh', `${(median(rented) / 1000).toFixed(2)} s (${spread(rented)})`);
	print('bare QEMU → first ssh', `${(median(bare) / 1000).toFixed(2)} s (${spread(bare)})`);
	print('ratio', (median(rented) / median(bare)).toFixed(2));
	await golem('vm', 'create', 'bench');
}

async function timeBareQemu(): Promise<number> {
	const image = await findImage(path.join(home, 'images'), 'micro');
	if (!image) {
		throw new Error('There is no image; run: golem setup');
	}

	const vmFolder = await fs.mkdtemp(path.join(folder, 'bare-'));
	const file = (name: string) => path.join(vmFolder, name);
	const publicKey = await fs.readFile(path.join(home, 'ssh/id_ed25519.pub'), 'utf8');
	await fs.writeFile(
		file('seed'),
		await createSeed({
			hostname: 'bare',
			sshKeys: [publicKey.trim()],
			hostKey: createHostKey(),
			userId: 1000,
			uplink: undefined,
		}),
	);
	await execa('qemu-img', [
		'create',
		'-q',
		'-f',
		'qcow2',
		'-b',
		path.join(image.folder, image.disk.file),
		'-F',
		image.disk.format,
		file('disk'),
		'10G',
	]);
	const port = 29_100;
	const args = qemuCommandLine({
		spec: {vm_id: 'bare', resources: {cpu: 1, memory: 1, storage: 10}},
		image,
		files: {
			disk: file('disk'),
			seed: file('seed'),
			processId: file('pid'),
			monitor: file('qmp'),
			console: file('tty'),
			agent: file('qga'),
			uplink: undefined,
		},
		accelerator,
		dropTo: undefined,
		qemuVersion: 7,
	}).map(word => word.replace('127.0.0.1:0-:22', `127.0.0.1:${port}-:22`));
	const ssh = [
		'-F',
		'none',
		'-i',
		path.join(home, 'ssh/id_ed25519'),
		'-o',
		'StrictHostKeyChecking=no',
		'-o',
		'UserKnownHostsFile=/dev/null',
		'-o',
		'ConnectTimeout=1',
		'-o',
		'LogLevel=QUIET',
		'-p',
		String(port),
		'ubuntu@127.0.0.1',
		'true',
	];
	const qemu = spawn('qemu-system-x86_64', args, {stdio: 'ignore'});
	try {
		return await timed(async () => {
			for (;;) {
				const {exitCode} = await execa('ssh', ssh, {reject: false, stdin: 'ignore', timeout: 3000});
				if (exitCode === 0) {
					return;
				}
			}
		});
	} finally {
		qemu.kill('SIGKILL');
	}
}

/** Resident memory, as the system counts it, with one VM running. */
async function benchMemory(): Promise<void> {
	const {stdout} = await execa('ps', ['-eo', 'rss,args']);
	for (const name of ['discovery', 'port-checker', 'provider', 'exe-unit']) {
		const row = stdout.split('\n').find(line => line.includes(`dist/daemons/${name}/main.js`));
		print(`memory of ${name}`, row ? `${(Number.parseInt(row, 10) / 1024).toFixed(0)} MB` : 'not running');
	}

	const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {stdio: 'ignore'});
	await new Promise(resolve => {
		setTimeout(resolve, 500);
	});
	const status = await fs.readFile(`/proc/${idle.pid}/status`, 'utf8');
	idle.kill();
	print('memory of an idle node', `${(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0)} MB`);
}

async function untilAdvertised(): Promise<void> {
	for (let attempt = 0; attempt < 100; attempt++) {
		const {stdout} = await golem('vm', 'providers', '--json');
		if (JSON.parse(stdout).length > 0) {
			return;
		}
	}

	throw new Error('The provider was never advertised.');
}

function golem(...args: string[]) {
	return execa(process.execPath, [cli, ...args], {env: environment, stdin: 'ignore'});
}

async function timed(run: () => Promise<unknown>): Promise<number> {
	const start = performance.now();
	await run();
	return performance.now() - start;
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function spread(values: readonly number[]): string {
	return `${(Math.min(...values) / 1000).toFixed(2)}–${(Math.max(...values) / 1000).toFixed(2)} in ${values.length} rounds`;
}

function print(name: string, value: string): void {
	process.stdout.write(`${name.padEnd(26)}${value}\n`);
}
