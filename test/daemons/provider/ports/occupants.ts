import {execFile} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {
	findPortOccupants,
	oneLine,
	readEphemeralPorts,
} from '../../../../daemons/provider/ports/occupants.js';
import {startChild, typescriptArguments} from '../../../support/child-process.js';
import {freePort, freePortRange} from '../../../support/ports.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';

/* Only Linux tells who has a port; here are real processes with real sockets. */

/** Where there is a /proc; elsewhere there is nothing to test. */
const onLinux = (title: string, run: (t: ExecutionContext) => Promise<void> | void): void => {
	if (process.platform === 'linux') {
		test(title, run);
	}
};

/** A process of its own that runs these lines, and prints `there` when it is so far. */
async function program(t: ExecutionContext, lines: string) {
	const file = path.join(await temporaryFolder(t), 'program.mjs');
	await fs.writeFile(
		file,
		`import net from 'node:net';\nconst there = () => console.log('there');\n${lines}`,
	);
	const child = startChild(t, file);
	await child.printed('there');
	return child;
}

/** Somebody to connect to. */
async function listener(t: ExecutionContext): Promise<number> {
	const sockets = new Set<net.Socket>();
	const server = net.createServer(socket => {
		sockets.add(socket);
		socket.on('error', () => {});
		socket.resume();
	});
	const port = await freePort();
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		for (const socket of sockets) {
			socket.destroy();
		}

		server.close();
	});
	return port;
}

onLinux('the programs that listen on ports are found, with their names', async t => {
	const {start, end} = await freePortRange(3);
	const [first, second] = await Promise.all([
		program(t, `net.createServer().listen(${start}, '127.0.0.1', there);`),
		program(t, `process.title = 'my\\u001b\\nname'; net.createServer().listen(${start + 1}, '::', there);`),
	]);
	const occupants = await findPortOccupants([start, start + 1, end - 1]);
	t.deepEqual([...occupants.keys()].sort(), [start, start + 1]);
	t.is(occupants.get(start)?.pid, first.pid);
	t.true(occupants.get(start)?.isListening);
	t.deepEqual(occupants.get(start + 1), {pid: second.pid, name: 'my name', isListening: true});
});

onLinux(
	'a program that has only its end of a connection there is found as one that does not listen',
	async t => {
		const [near, far] = [await freePort(), await listener(t)];
		const child = await program(
			t,
			`net.connect({port: ${far}, host: '127.0.0.1', localPort: ${near}}).on('connect', there);`,
		);
		const occupants = await findPortOccupants([near]);
		t.is(occupants.get(near)?.pid, child.pid);
		t.false(occupants.get(near)?.isListening);
	},
);

onLinux('of a port with connections the one who listens is told, not who is connected', async t => {
	const [port, far] = [await freePort(), await listener(t)];
	// It is there first, so its number is the lower one: that is not what decides.
	await program(
		t,
		`net.connect({port: ${far}, host: '127.0.0.1', localAddress: '127.0.0.2', localPort: ${port}}).on('connect', there);`,
	);
	const server = await program(t, `net.createServer().listen(${port}, '127.0.0.1', there);`);
	const {pid, isListening} = (await findPortOccupants([port])).get(port) ?? {};
	t.deepEqual({pid, isListening}, {pid: server.pid, isListening: true});
});

const asRoot: typeof onLinux = process.getuid?.() === 0 ? onLinux : () => {};

asRoot('an ordinary user is told of the own programs only', async t => {
	const othersPort = await listener(t);
	const ownPort = await freePort();
	const folder = await temporaryFolder(t);
	// What runs TypeScript keeps things where temporary files go.
	await fs.chmod(folder, 0o777);
	const file = path.join(folder, 'asks.mts');
	const module = fileURLToPath(new URL('../../../../daemons/provider/ports/occupants.js', import.meta.url));
	await fs.writeFile(
		file,
		`import net from 'node:net';
		import {findPortOccupants} from '${module}';
		const server = net.createServer().listen(${ownPort}, '127.0.0.1', async () => {
			console.log(JSON.stringify([...await findPortOccupants([${ownPort}, ${othersPort}])]));
			server.close();
		});`,
	);
	const nobody = 65_534;
	const {stdout} = await promisify(execFile)(process.execPath, [...typescriptArguments, file], {
		uid: nobody,
		gid: nobody,
		cwd: '/',
		env: {PATH: process.env['PATH'], TMPDIR: folder},
		timeout: 30_000,
	});
	const found: Array<[number, {isListening: boolean}]> = JSON.parse(stdout);
	t.deepEqual(
		found.map(([port, {isListening}]) => ({port, isListening})),
		[{port: ownPort, isListening: true}],
	);
});

onLinux('a port that only waits for stragglers belongs to nobody', async t => {
	const [near, far] = [await freePort(), await listener(t)];
	const socket = net.connect({port: far, host: '127.0.0.1', localPort: near});
	await once(socket, 'connect');
	t.is((await findPortOccupants([near])).get(near)?.pid, process.pid);
	socket.end();
	// The other side ends too, as nobody keeps it half open.
	await once(socket, 'close');
	const written = near.toString(16).toUpperCase().padStart(4, '0');
	await eventually('the port is in TIME_WAIT', async () => {
		const table = await fs.readFile('/proc/net/tcp', 'utf8');
		return whenTrue(new RegExp(`:${written} \\S+ 06 `).test(table));
	});
	t.deepEqual(await findPortOccupants([near]), new Map());
});

onLinux('processes that come and go meanwhile do not matter', async t => {
	const port = await freePort();
	const server = await program(t, `net.createServer().listen(${port}, '127.0.0.1', there);`);
	await program(
		t,
		`import {spawn} from 'node:child_process';
		let ended = 0;
		const again = () => spawn('true').on('close', () => { if (++ended === 10) there(); again(); });
		again(); again();`,
	);
	for (let round = 0; round < 10; round++) {
		t.is((await findPortOccupants([port])).get(port)?.pid, server.pid);
	}
});

test('where nobody is asked about, nobody is found', async t => {
	t.deepEqual(await findPortOccupants([]), new Map());
	t.deepEqual(await findPortOccupants([await freePort()]), new Map());
});

test.serial('on a system that does not tell, nobody is known', async t => {
	const port = await listener(t);
	const platform = Object.getOwnPropertyDescriptor(process, 'platform');
	Object.defineProperty(process, 'platform', {...platform, value: 'darwin'});
	try {
		t.deepEqual(await findPortOccupants([port]), new Map());
	} finally {
		Object.defineProperty(process, 'platform', platform ?? {});
	}
});

onLinux('the ports that the system gives to connections are those that it does give', async t => {
	const far = await listener(t);
	const socket = net.connect(far, '127.0.0.1');
	t.teardown(() => socket.destroy());
	await once(socket, 'connect');
	const ephemeral = await readEphemeralPorts();
	const given = socket.localPort ?? 0;
	t.true(ephemeral !== undefined && given >= ephemeral.first && given <= ephemeral.last, `${given}`);
	t.regex(ephemeral?.reserved ?? 'none told', /^[\d,-]*$/);
});

test('text from strangers becomes one line that steers no terminal', t => {
	t.is(oneLine('\u001B[2Ja\r\nb\u2028c\u202Ed\u009B'), '[2Ja b c d');
	t.is(oneLine('nginx: worker ü'), 'nginx: worker ü');
});
