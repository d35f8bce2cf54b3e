import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';
import {inspect} from '../support/inspection.js';
import {type Network, startNetwork} from '../support/network.js';
import {freePort} from '../support/ports.js';
import {openTerminal} from '../support/terminal.js';
import {eventually} from '../support/waiting.js';

/*
The requestor's commands against a real VM, and the programs that people use beside golem: plain ssh, scp, sftp. One
network for all tests, which run one after the other; the first rents the VM `web`.
*/
let network: Network;

test.before(async t => {
	t.timeout(180_000);
	network = await startNetwork();
});

test.after.always(async () => {
	await network?.tearDown();
});

const golem = (...args: string[]) => network.requestor.golem(args, {timeoutMs: 90_000});
const onWeb = (...words: string[]) => golem('vm', 'ssh', 'web', '--', ...words);
const configFile = () => path.join(network.requestor.paths.ssh, 'config');

/** One of OpenSSH's programs, with nothing of the environment's. */
const openSsh = (program: string, args: string[]) =>
	execa(program, ['-F', configFile(), ...args], {
		reject: false,
		stdin: 'ignore',
		extendEnv: false,
		env: {PATH: process.env['PATH'] ?? '', HOME: network.requestor.home},
		timeout: 60_000,
	});

/** What a server of the guest's says first, asked for as a SOCKS 5 client does (RFC 1928). */
async function greetingThroughSocks(proxyPort: number, port: number): Promise<string> {
	const socket = net.connect(proxyPort, '127.0.0.1').setTimeout(10_000, () => socket.destroy());
	try {
		const chunks = socket[Symbol.asyncIterator]();
		const read = async () => Buffer.from((await chunks.next()).value ?? '');
		socket.write(Buffer.from([5, 1, 0]));
		await read();
		socket.write(Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]));
		const answer = await read();
		const greeting = answer.length > 10 ? answer.subarray(10) : await read();
		// OpenSSH says yes before it knows, and hangs up where it was not so.
		if (answer[1] !== 0 || greeting.length === 0) {
			throw new Error('Refused.');
		}

		return greeting.toString('latin1');
	} finally {
		socket.destroy();
	}
}

test.serial(
	'a creation that is interrupted while it boots is finished by the next one of that name',
	async t => {
		const running = network.requestor.start(['vm', 'create', 'web', '--json']);
		await running.printed('Booting', 60_000);
		running.signal('SIGINT');
		const interrupted = await running.ended;
		t.is(interrupted.exitCode, 130);
		t.regex(interrupted.json.error.hint, /golem vm destroy web$/);

		const created = await golem('vm', 'create', 'web', '--json');
		t.is(created.exitCode, 0, created.stdout + created.stderr);
		t.is(created.json.status, 'running');
		t.is((await inspect(network).vms()).length, 1, 'there is one VM');
		t.is((await onWeb('hostname')).stdout, 'web\n');
	},
);

test.serial('plain ssh, scp and sftp get in by golem’s own configuration, and by nothing else', async t => {
	const written = await golem('vm', 'ssh-config', '--write', '--json');
	t.is(written.exitCode, 0, written.stdout);
	t.is(written.json.file, configFile());
	t.is(written.json.include, `Include "${configFile()}"`);
	t.is(written.json.hosts[0].name, 'web');
	t.is((await fs.stat(configFile())).mode & 0o777, 0o600);

	const hostname = await openSsh('ssh', ['web', 'hostname']);
	t.is(hostname.stdout, 'web', hostname.stderr);
	const file = path.join(network.folder, 'sent');
	await fs.writeFile(file, 'by scp\n');
	for (const protocol of [[], ['-O']]) {
		const sent = await openSsh('scp', [...protocol, file, 'web:sent']);
		t.is(sent.exitCode, 0, sent.stderr);
		t.is((await onWeb('cat', 'sent')).stdout, 'by scp\n');
		t.is((await onWeb('rm', 'sent')).exitCode, 0);
	}

	const orders = path.join(network.folder, 'orders');
	await fs.writeFile(orders, `put ${file} given\nget given ${file}.back\n`);
	const given = await openSsh('sftp', ['-b', orders, 'web']);
	t.is(given.exitCode, 0, given.stderr);
	t.is(await fs.readFile(`${file}.back`, 'utf8'), 'by scp\n');

	const included = path.join(network.folder, 'own-config');
	await fs.writeFile(included, `${written.json.include}\nHost *\n\tStrictHostKeyChecking no\n`);
	const {stdout} = await execa('ssh', ['-G', '-F', included, 'web']);
	t.true(stdout.split('\n').includes('stricthostkeychecking true'));

	const knownHosts = path.join(network.requestor.paths.ssh, 'known_hosts.web');
	const right = await fs.readFile(knownHosts, 'utf8');
	await fs.writeFile(
		knownHosts,
		right.replace(/(?<=AAAAI.{20})./, letter => (letter === 'x' ? 'y' : 'x')),
	);
	t.is((await openSsh('ssh', ['web', 'true'])).exitCode, 255, 'another host key is refused');
	await fs.writeFile(knownHosts, right);
});

test.serial('vm ssh-config prints a block for one VM, and knows no others', async t => {
	const one = await golem('vm', 'ssh-config', 'web');
	t.is(one.exitCode, 0);
	t.regex(one.stdout, /^Host web\n\tHostName 127\.0\.0\.1\n/);
	t.is((await golem('vm', 'ssh-config', 'nobody', '--json')).json.error.code, 'VM_UNKNOWN');
	const both = await golem('vm', 'ssh-config', 'web', '--write', '--json');
	t.is(both.exitCode, 2);
	t.is(both.json.error.code, 'USAGE');
});

test.serial('another key opens the VM once it was added, and only then', async t => {
	const key = path.join(network.folder, 'colleague');
	const made = spawn('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], {stdio: 'ignore'});
	await once(made, 'close');
	const knock = () =>
		execa('ssh', ['-F', configFile(), '-o', `IdentityFile=${key}`, 'web', 'hostname'], {
			reject: false,
			stdin: 'ignore',
			timeout: 30_000,
		});
	// Without the key of golem's own, which the configuration names as well.
	const config = (await fs.readFile(configFile(), 'utf8')).replace(/\tIdentityFile .*\n/, '');
	await fs.writeFile(configFile(), config);
	t.is((await knock()).exitCode, 255);

	const priv = await golem('vm', 'add-key', 'web', key, '--json');
	t.is(priv.exitCode, 2);
	t.is(priv.json.error.hint, `Give the public one: ${key}.pub`);
	const missing = await golem('vm', 'add-key', 'web', `${key}.nothing`, '--json');
	t.is(missing.exitCode, 3);
	t.is(missing.json.error.code, 'KEY_UNUSABLE');

	const added = await golem('vm', 'add-key', 'web', `${key}.pub`, '--json');
	t.is(added.exitCode, 0, added.stdout);
	t.is(added.json.added.name, 'colleague');
	t.true(added.json.ssh_keys.length >= 1);
	const opened = await eventually('the key opens it', async () => {
		const answer = await knock();
		return answer.exitCode === 0 ? answer : undefined;
	});
	t.is(opened.stdout, 'web');
	t.is((await onWeb('hostname')).stdout, 'web\n', 'the key of before still does');
	await golem('vm', 'ssh-config', '--write');
});

test.serial(
	'a port of the guest’s is reached through vm ssh -N -L, which ends where ours is taken',
	async t => {
		const port = await freePort();
		const tunnel = network.requestor.start([
			'vm',
			'ssh',
			'web',
			'-N',
			'-L',
			`127.0.0.1:${port}:127.0.0.1:22`,
		]);
		try {
			const greeting = await eventually(
				'the guest’s own SSH server greets',
				async () => {
					const {stdout} = await execa(
						'timeout',
						['2', 'bash', '-c', `head -1 < /dev/tcp/127.0.0.1/${port}`],
						{
							reject: false,
						},
					);
					return stdout || undefined;
				},
				30_000,
			);
			t.regex(greeting, /^SSH-2\.0-/);
			const second = await golem('vm', 'ssh', 'web', '-N', '-L', `127.0.0.1:${port}:127.0.0.1:22`);
			t.is(second.exitCode, 255);
			t.regex(second.stderr, new RegExp(`:${port}: Address already in use`));
		} finally {
			tunnel.signal('SIGTERM');
			await tunnel.ended;
		}
	},
);

test.serial('what the guest reaches is reached through the SOCKS proxy of vm ssh -N -D', async t => {
	const port = await freePort();
	const proxy = network.requestor.start(['vm', 'ssh', 'web', '-N', '-D', `127.0.0.1:${port}`]);
	try {
		const greeting = await eventually(
			'the guest’s own SSH server greets',
			() => greetingThroughSocks(port, 22).catch(() => undefined),
			30_000,
		);
		t.regex(greeting, /^SSH-2\.0-dropbear/);
		await t.throwsAsync(greetingThroughSocks(port, 1), {message: 'Refused.'});
	} finally {
		proxy.signal('SIGTERM');
		await proxy.ended;
	}
});

test.serial('-A lends the SSH agent, to vm ssh and to plain ssh, and without it the VM has none', async t => {
	const socket = path.join(network.folder, 'agent');
	const agent = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'});
	try {
		await eventually('the agent listens', () =>
			fs.access(socket).then(
				() => true,
				() => undefined,
			),
		);
		const agentIn = (...options: string[]) =>
			network.requestor.golem(
				['vm', 'ssh', 'web', ...options, '--', 'sh', '-c', 'test -S "$SSH_AUTH_SOCK" && echo lent'],
				{environment: {SSH_AUTH_SOCK: socket}, timeoutMs: 90_000},
			);
		const lent = await agentIn('-A');
		t.is(lent.stdout, 'lent\n', lent.stderr);
		t.is((await agentIn()).stdout, '');
		const plainly = (...options: string[]) =>
			execa('ssh', ['-F', configFile(), ...options, 'web', 'test -S "$SSH_AUTH_SOCK" && echo lent'], {
				reject: false,
				stdin: 'ignore',
				env: {SSH_AUTH_SOCK: socket},
				timeout: 60_000,
			});
		t.is((await plainly('-A')).stdout, 'lent');
		t.is((await plainly()).stdout, '');
	} finally {
		agent.kill();
	}
});

test.serial('vm ssh -v tells what OpenSSH does, and a refused option does nothing', async t => {
	const verbose = await golem('vm', 'ssh', 'web', '-v', '-T', '--', 'echo', 'done');
	t.is(verbose.exitCode, 0);
	t.is(verbose.stdout, 'done\n');
	t.regex(verbose.stderr, /debug1:/);
	const marker = path.join(network.folder, 'owned');
	const refused = await golem('vm', 'ssh', 'web', '-o', `ProxyCommand=touch ${marker}`, '--json');
	t.is(refused.exitCode, 2);
	t.is(refused.json.error.code, 'USAGE');
	await t.throwsAsync(fs.access(marker));
});

test.serial('vm usage tells what the provider counted', async t => {
	const {exitCode, json} = await golem('vm', 'usage', 'web', '--json');
	t.is(exitCode, 0);
	t.is(json.name, 'web');
	t.is(json.vector.length, json.current_usage.length);
	t.true(json.current_usage[json.vector.indexOf('golem.usage.duration_sec')] > 0);
	const people = await golem('vm', 'usage', 'web');
	t.regex(people.stdout, /^running +.*\d s$/m);
	t.regex(people.stdout, /^memory +1 GB$/m);
	t.is((await golem('vm', 'usage', 'nobody', '--json')).json.error.code, 'VM_UNKNOWN');
});

test.serial('a question takes the beginning of an answer, and tells what it does not understand', async t => {
	const {home, environment} = network.requestor;
	const terminal = openTerminal(['vm', 'destroy', 'web'], {home, environment});
	t.teardown(() => terminal.close());
	await terminal.shows('Yes, destroy it');
	terminal.press('maybe\r');
	await terminal.shows('That is none of them. Say a number from 1 to 2.');
	terminal.press('n\r');
	await terminal.ended();
	t.is((await golem('vm', 'list', '--json')).json[0].status, 'running');
});

test.serial('vm list and vm providers of a real network fit into 80 columns', async t => {
	for (const what of ['list', 'providers']) {
		const {home, environment} = network.requestor;
		const terminal = openTerminal(['vm', what], {home, environment});
		t.teardown(() => terminal.close());
		t.is(await terminal.ended(), 0);
		const lines = terminal.screen().filter(Boolean);
		t.is(lines.length, 2, lines.join('\n'));
		t.regex(lines[1] ?? '', what === 'list' ? /^web +running/ : /^0x[0-9a-f]{6}…/);
	}
});

test.serial('while the provider is down its VM is listed as such, and kept', async t => {
	await network.provider.crash();
	const listed = await golem('vm', 'list', '--json');
	t.is(listed.json[0].status, 'unreachable');
	const kept = await golem('vm', 'destroy', 'web', '--yes', '--json');
	t.is(kept.exitCode, 5);
	t.regex(kept.json.error.hint, /--force/);
	t.is((await onWeb('hostname')).stdout, 'web\n', 'the VM goes on');
	await network.provider.run();
	t.is((await golem('vm', 'list', '--json')).json[0].status, 'running');
});

test.serial(
	'vm purge ends all of it, at the provider too, and golem’s SSH configuration knows it no more',
	async t => {
		t.is((await golem('vm', 'create', 'second', '--no-wait', '--json')).exitCode, 0);
		const {exitCode, json, stdout} = await golem('vm', 'purge', '--yes', '--json');
		t.is(exitCode, 0, stdout);
		t.deepEqual(json.map(({name, status}: {name: string; status: string}) => [name, status]).sort(), [
			['second', 'deleted'],
			['web', 'deleted'],
		]);
		t.deepEqual((await golem('vm', 'list', '--json')).json, []);
		t.notRegex(await fs.readFile(configFile(), 'utf8'), /Host /);
		await eventually('no VM runs any more', async () =>
			(await inspect(network).vmProcesses()).length === 0 ? true : undefined,
		);
	},
);
