import {execFile, spawn} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {
	type Firewall,
	findFirewall,
	openRangesCommands,
	type RunTool,
} from '../../../../daemons/provider/ports/firewall.js';
import {findOwnAddresses} from '../../../../daemons/provider/ports/own-addresses.js';
import {temporaryFolder} from '../../../support/temporary-folder.js';
import {eventually, whenTrue} from '../../../support/waiting.js';

type Answer = string | {code: string | number};

/** A system that has these tools and no others; what begins with a command line is answered so. */
function system(tools: Record<string, Answer>): RunTool {
	return async (program, args) => {
		const line = [program, ...args].join(' ');
		const [, answer = {code: 'ENOENT'}] =
			Object.entries(tools).find(([start]) => line.startsWith(start)) ?? [];
		if (typeof answer === 'string') {
			return answer;
		}

		throw Object.assign(new Error(`Command failed: ${line}`), answer);
	};
}

const refused = {code: 1};
const chains = (name: string) =>
	`table ${name.split(' ').slice(0, 2).join(' ')} {\n\tchain other {\n\t}\n\tchain ${name.split(' ')[2]} {\n\t\ttype filter hook input priority filter; policy accept;\n\t}\n}\n`;
const chainWith = (...rules: string[]) =>
	`table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n${rules.map(rule => `\t\t${rule}\n`).join('')}\t}\n}\n`;

const systems: Array<[what: string, tools: Record<string, Answer>, expected: Firewall]> = [
	['no tool at all', {}, 'none'],
	['ufw', {'ufw status': 'Status: active\n\nTo   Action\n'}, 'ufw'],
	['an idle ufw', {'ufw status': 'Status: inactive\n'}, 'none'],
	[
		'ufw, asked without root',
		{'ufw status': refused, 'grep -i ^ENABLED=yes /etc/ufw/ufw.conf': 'ENABLED=yes\n'},
		'ufw',
	],
	['an idle ufw, asked without root', {'ufw status': refused, grep: refused}, 'none'],
	['firewalld', {'firewall-cmd --state': 'running\n', 'nft list chains': refused}, 'firewalld'],
	['a firewalld that does not run', {'firewall-cmd --state': {code: 252}}, 'none'],
	['a firewalld that does not answer', {'firewall-cmd --state': {code: 253}}, 'unknown'],
	['nftables, asked without root', {'nft list chains': refused}, 'unknown'],
	[
		'nftables that drops by policy',
		{
			'nft list chains': chains('inet filter input'),
			'nft list chain inet filter input': chainWith('tcp dport 22 accept').replace(
				'policy accept',
				'policy drop',
			),
		},
		'nftables inet filter input',
	],
	[
		'nftables that rejects at its end',
		{
			'nft list chains': chains('ip mine in-coming'),
			'nft list chain ip mine in-coming': chainWith(
				'tcp dport 22 accept',
				'counter packets 4 bytes 160 reject',
			),
		},
		'nftables ip mine in-coming',
	],
	[
		'nftables that turns some away',
		{
			'nft list chains': chains('inet f2b f2b'),
			'nft list chain inet f2b f2b': chainWith('ip saddr @bad reject'),
		},
		'unknown',
	],
	[
		'nftables that lets all in',
		{
			'nft list chains': chains('inet filter input'),
			'nft list chain inet filter input': chainWith('tcp dport 22 accept', 'counter packets 4 bytes 160'),
		},
		'none',
	],
	[
		'nftables that only forwards',
		{'nft list chains': 'table ip nat {\n\tchain prerouting {\n\t}\n}\n'},
		'none',
	],
	[
		'iptables in nftables’ clothes',
		{'nft list chains': chains('ip filter INPUT'), 'iptables -S INPUT': '-P INPUT DROP\n'},
		'iptables',
	],
	[
		'iptables that rejects at its end',
		{
			'iptables -S INPUT':
				'-P INPUT ACCEPT\n-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n',
		},
		'iptables',
	],
	[
		'iptables that asks another chain',
		{'iptables -S INPUT': '-P INPUT ACCEPT\n-A INPUT -p tcp -j f2b-sshd\n'},
		'unknown',
	],
	['iptables that lets all in', {'iptables -S INPUT': '-P INPUT ACCEPT\n-A INPUT -i lo -j ACCEPT\n'}, 'none'],
];

for (const [what, tools, expected] of systems) {
	test(`on a system with ${what} the firewall is ${expected}`, async t => {
		t.is(await findFirewall(system(tools), 'linux'), expected);
	});
}

test('on other systems no tool is asked', async t => {
	const run: RunTool = async () => t.fail();
	t.is(await findFirewall(run, 'darwin'), 'macos');
	t.is(await findFirewall(run, 'win32'), 'windows');
	t.is(await findFirewall(run, 'freebsd'), 'unknown');
});

test.serial('what has the name of a system’s tool on the user’s PATH is not asked', async t => {
	const folder = await temporaryFolder(t);
	await fs.writeFile(path.join(folder, 'ufw'), '#!/bin/sh\ntouch "$0.ran"\necho Status: active\n', {
		mode: 0o755,
	});
	const before = process.env['PATH'];
	process.env['PATH'] = `${folder}:${before}`;
	try {
		await findFirewall();
	} finally {
		process.env['PATH'] = before;
	}

	t.deepEqual(await fs.readdir(folder), ['ufw']);
});

test('on this very system some answer comes', async t => {
	t.regex(
		await findFirewall(),
		/^(?:ufw|firewalld|nftables [\w./-]+ [\w./-]+ [\w./-]+|iptables|none|unknown|macos|windows)$/,
	);
});

const ports = [
	{first: 7466, last: 7466},
	{first: 50_800, last: 50_899},
];

test('each firewall is opened by its own commands', t => {
	const commands = (firewall: Firewall) => openRangesCommands(firewall, ports, true);
	t.deepEqual(commands('ufw'), ['ufw allow 7466/tcp', 'ufw allow 50800:50899/tcp']);
	t.deepEqual(commands('firewalld'), [
		'firewall-cmd --permanent --add-port=7466/tcp --add-port=50800-50899/tcp',
		'firewall-cmd --reload',
	]);
	t.deepEqual(commands('nftables'), [
		"nft insert rule inet filter input tcp dport '{ 7466, 50800-50899 }' accept",
	]);
	t.deepEqual(commands('nftables ip mine in'), [
		"nft insert rule ip mine in tcp dport '{ 7466, 50800-50899 }' accept",
	]);
	t.deepEqual(commands('iptables'), [
		'iptables -I INPUT -p tcp -m multiport --dports 7466,50800:50899 -j ACCEPT',
	]);
	t.true(commands('windows')[0]?.endsWith('localport=7466,50800-50899'));
	t.is(commands('macos').length, 2);
	t.deepEqual([commands('none'), commands('unknown')], [[], []]);
});

test('who is not root asks for it, and one port is no range', t => {
	t.deepEqual(openRangesCommands('ufw', [{first: 7466, last: 7466}], false), ['sudo ufw allow 7466/tcp']);
	t.true(openRangesCommands('windows', ports, false)[0]?.startsWith('netsh '));
});

test('addresses of real network cards come first, and those that lead nowhere are left out', t => {
	const entry = (address: string, internal = false) => ({
		address,
		internal,
		netmask: '',
		mac: '',
		cidr: null,
		family: 'IPv4' as const,
	});
	t.deepEqual(
		findOwnAddresses({
			lo: [entry('127.0.0.1', true)],
			docker0: [entry('172.17.0.1')],
			eth0: [entry('192.168.1.7'), entry('fe80::1'), entry('2001:db8::7')],
			eth1: [entry('169.254.3.4')],
		}),
		['192.168.1.7', '2001:db8::7', '172.17.0.1'],
	);
});

const run = promisify(execFile);
/** Without the folders of packages, in which there is another `nft`. */
const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs in a network of their own; undefined where this system or user cannot have one, or has no nftables. */
async function ownNetwork(t: ExecutionContext): Promise<RunTool | undefined> {
	const holder = spawn('unshare', ['--net', 'sleep', '600'], {stdio: 'ignore'});
	t.teardown(() => holder.kill('SIGKILL'));
	holder.on('error', () => {});
	const inside: RunTool = async (program, args) =>
		(
			await run('nsenter', ['--net', '-t', String(holder.pid), program, ...args], {
				timeout: 20_000,
				env: {PATH: systemPath},
			})
		).stdout;
	const outer = await fs.readlink('/proc/self/ns/net').catch(() => '');
	try {
		await eventually('it is in a network of its own', async () => {
			if (holder.exitCode !== null || holder.pid === undefined) {
				throw new Error('This user cannot have a network.');
			}

			return whenTrue((await fs.readlink(`/proc/${holder.pid}/ns/net`)) !== outer);
		});
		await inside('ip', ['link', 'set', 'lo', 'up']);
		await inside('nft', ['list', 'chains']);
		return inside;
	} catch {
		return undefined;
	}
}

test('in a real nftables firewall the chain is found, and its command lets requestors in', async t => {
	const inside = await ownNetwork(t);
	if (!inside) {
		t.log('There are no rights for a network of its own, or no nftables.');
		t.pass();
		return;
	}

	const findInside = async () =>
		findFirewall(async (program, args) => {
			if (program !== 'nft') {
				throw Object.assign(new Error(program), {code: 'ENOENT'});
			}

			return inside(program, args);
		}, 'linux');
	t.is(await findInside(), 'none');
	const folder = await temporaryFolder(t);
	const rules = path.join(folder, 'rules.nft');
	const chain = ['type filter hook input priority 0; policy drop;', 'tcp flags & (syn | ack) != syn accept'];
	await fs.writeFile(rules, ['table inet mine {', 'chain from-outside {', ...chain, '}', '}', ''].join('\n'));
	await inside('nft', ['-f', rules]);
	const firewall = await findInside();
	t.is(firewall, 'nftables inet mine from-outside');

	const connect = path.join(folder, 'connect.mjs');
	await fs.writeFile(
		connect,
		`import net from 'node:net';
		const server = net.createServer(socket => socket.end()).listen(50805, () => {
			const socket = net.connect(50805, '127.0.0.1');
			const end = text => { console.log(text); process.exit(); };
			socket.on('connect', () => end('reached'));
			setTimeout(() => end('not reached'), Number(process.argv[2]));
		});`,
	);
	const attempt = async (timeoutMs: number) =>
		(await inside(process.execPath, [connect, `${timeoutMs}`])).trim();
	t.is(await attempt(500), 'not reached');
	for (const command of openRangesCommands(firewall, ports, true)) {
		await inside('sh', ['-c', command]);
	}

	t.is(await attempt(10_000), 'reached');
});
