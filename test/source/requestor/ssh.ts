import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {quoteForShell} from '../../../source/platform/shell.js';
import {runBySsh, type SshTarget, sshArguments, writeKnownHosts} from '../../../source/requestor/ssh.js';
import {sshConfigBlock} from '../../../source/requestor/ssh-config.js';
import {ensureSshKey} from '../../../source/requestor/ssh-key.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';

const run = promisify(execFile);
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICetOz34Y9mvrDAKVf3GHbaKheY0xLitd1x5HJdyomBj';

/** A word as a process can be given one: without NUL, and of whole characters. */
const word = fc
	.oneof(
		fc.string({unit: 'grapheme'}),
		fc.string({unit: 'binary'}),
		fc.string({
			unit: fc.constantFrom("'", '"', '\\', '$', '`', '*', '?', '~', '!', '-', ' ', '\n', '\t', ';', '&'),
		}),
	)
	.filter(text => !text.includes('\0') && Buffer.from(text).toString() === text);

test('a shell takes quoted words for exactly the words they were', async t => {
	await fc.assert(
		fc.asyncProperty(fc.array(word, {minLength: 1, maxLength: 6}), async words => {
			const {stdout} = await run('sh', [
				'-c',
				`for word in ${quoteForShell(words)}; do printf '%s\\0' "$word"; done`,
			]);
			t.deepEqual(stdout.split('\0').slice(0, -1), words);
		}),
		{numRuns: 150},
	);
});

test('plain words are not quoted, so that a shown command can be read', t => {
	t.is(quoteForShell(['apt-get', 'install', '-y', 'a.b/c=d']), 'apt-get install -y a.b/c=d');
	t.is(quoteForShell(['', 'a b', "it's"]), `'' 'a b' 'it'\\''s'`);
});

async function createTarget(t: ExecutionContext, folderName = 'ssh'): Promise<SshTarget> {
	const folder = path.join(await temporaryFolder(t), folderName);
	const {privateKeyFile} = await ensureSshKey(folder);
	return {
		name: 'web',
		access: {
			ssh_host: '127.0.0.1',
			ssh_port: 2222,
			ssh_user: 'ubuntu',
			ssh_host_keys: [hostKey],
			vm_id: 'golem-web',
			multipass_name: null,
		},
		privateKeyFile,
		folder,
	};
}

/** What OpenSSH itself makes of our arguments. */
async function effectiveConfiguration(
	target: SshTarget,
	options: readonly string[] = [],
): Promise<Map<string, string>> {
	const {stdout} = await run('ssh', ['-G', ...sshArguments(target, options), '--', target.name]);
	return new Map(
		stdout
			.trim()
			.split('\n')
			.map(line => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
	);
}

test('OpenSSH is told to know this VM by its host key and by nothing else', async t => {
	const target = await createTarget(t);
	const configuration = await effectiveConfiguration(target);
	t.is(configuration.get('stricthostkeychecking'), 'true');
	t.is(configuration.get('userknownhostsfile'), path.join(target.folder, 'known_hosts.web'));
	t.is(configuration.get('globalknownhostsfile'), '/dev/null');
	t.is(configuration.get('hostkeyalias'), 'golem-web');
	t.is(configuration.get('updatehostkeys'), 'false');
	t.is(configuration.get('identitiesonly'), 'yes');
	t.is(configuration.get('identityagent'), 'none');
	t.is(configuration.get('identityfile'), target.privateKeyFile);
	t.is(configuration.get('passwordauthentication'), 'no');
	t.is(configuration.get('kbdinteractiveauthentication'), 'no');
	t.is(configuration.get('user'), 'ubuntu');
	t.is(configuration.get('hostname'), '127.0.0.1');
	t.is(configuration.get('port'), '2222');
	t.is(configuration.get('forwardagent'), 'no');
});

test('a folder with a space in its name is no trouble', async t => {
	const target = await createTarget(t, 'my keys');
	const configuration = await effectiveConfiguration(target);
	t.true(configuration.get('userknownhostsfile')?.includes(path.join(target.folder, 'known_hosts.web')));
	t.is(configuration.get('identityfile'), target.privateKeyFile);
});

test('an option of the user’s counts before a default, and never before what makes it safe', async t => {
	const target = await createTarget(t);
	const configuration = await effectiveConfiguration(target, [
		...['-o', 'ConnectTimeout=3'],
		...['-o', 'StrictHostKeyChecking=no'],
		...['-o', 'UserKnownHostsFile=/dev/null'],
		...['-o', 'HostKeyAlias=other'],
		...['-o', 'HostName=192.0.2.1'],
	]);
	t.is(configuration.get('connecttimeout'), '3');
	t.is(configuration.get('stricthostkeychecking'), 'true');
	t.is(configuration.get('userknownhostsfile'), path.join(target.folder, 'known_hosts.web'));
	t.is(configuration.get('hostkeyalias'), 'golem-web');
	t.is(configuration.get('hostname'), '127.0.0.1');
});

test('an agent that is lent is known to OpenSSH, which offers no key of its', async t => {
	const configuration = await effectiveConfiguration(await createTarget(t), ['-A']);
	t.is(configuration.get('forwardagent'), 'yes');
	// OpenSSH lends none where it is told that there is none.
	t.not(configuration.get('identityagent'), 'none');
	t.is(configuration.get('identitiesonly'), 'yes');
});

for (const ssh_host of [
	'-oProxyCommand=touch /tmp/owned',
	'192.0.2.1\nProxyCommand touch /tmp/owned',
	'user@192.0.2.1',
	'%h',
	'two words',
	'',
]) {
	test(`a provider whose VM is at ${JSON.stringify(ssh_host)} is not believed`, async t => {
		const target = await createTarget(t);
		const lying = {...target, access: {...target.access, ssh_host}};
		t.throws(() => sshArguments(lying), {code: 'BAD_ANSWER'});
		t.throws(() => sshConfigBlock(lying), {code: 'BAD_ANSWER'});
	});
}

for (const folderName of ['ssh', 'my keys', '100%h', 'a"quote', 'käse']) {
	test(`plain ssh understands the block for its configuration, in a folder named ${folderName}`, async t => {
		const target = await createTarget(t, folderName);
		const file = path.join(await temporaryFolder(t), 'config');
		await fs.writeFile(file, sshConfigBlock(target));
		const {stdout} = await run('ssh', ['-G', '-F', file, 'web']);
		for (const line of [
			'hostname 127.0.0.1',
			'port 2222',
			'user ubuntu',
			'stricthostkeychecking true',
			'hostkeyalias golem-web',
			'forwardagent no',
		]) {
			t.true(stdout.split('\n').includes(line), line);
		}

		const {stdout: other} = await run('ssh', ['-G', '-F', file, 'elsewhere']);
		t.false(other.includes('golem-web'), 'it is about that host only');
		t.true(other.includes('hostname elsewhere'));
	});
}

test('the known-hosts file is one that ssh-keygen finds the VM in', async t => {
	const file = await writeKnownHosts(await createTarget(t));
	t.is(await modeOf(file), '600');
	const {stdout} = await run('ssh-keygen', ['-F', 'golem-web', '-f', file]);
	t.true(stdout.includes(hostKey));
});

test('a changed host key is written over, never added to', async t => {
	const target = await createTarget(t);
	await writeKnownHosts(target);
	const other = {...target, access: {...target.access, ssh_host_keys: [hostKey.replace('CetO', 'CetP')]}};
	t.is((await fs.readFile(await writeKnownHosts(other), 'utf8')).trim().split('\n').length, 1);
});

test('the key is made once, is a real Ed25519 key, and nobody else can read it', async t => {
	const folder = path.join(await temporaryFolder(t), 'ssh');
	const first = await ensureSshKey(folder);
	t.deepEqual(await ensureSshKey(folder), first);
	t.is(await modeOf(folder), '700');
	t.is(await modeOf(first.privateKeyFile), '600');
	const {stdout} = await run('ssh-keygen', ['-lf', `${first.privateKeyFile}.pub`]);
	t.regex(stdout, /^256 SHA256:\S+ golem \(ED25519\)/);
});

test('two that need the key at the same time get the same one', async t => {
	const folder = path.join(await temporaryFolder(t), 'ssh');
	const [first, second] = await Promise.all([ensureSshKey(folder), ensureSshKey(folder)]);
	t.deepEqual(first, second);
	const {stdout} = await run('ssh-keygen', ['-y', '-f', first.privateKeyFile]);
	t.is(stdout.split(' ')[1], first.publicKey.split(' ')[1], 'the two halves belong together');
});

test('a missing public half is told with the command that makes it again', async t => {
	const folder = path.join(await temporaryFolder(t), 'ssh');
	const {privateKeyFile, publicKey} = await ensureSshKey(folder);
	await fs.rm(`${privateKeyFile}.pub`);
	try {
		t.is((await ensureSshKey(folder)).publicKey.split(' ')[1], publicKey.split(' ')[1]);
	} catch (error) {
		t.like(error, {code: 'SSH_KEY_DAMAGED'});
	}
});

test('nobody at the other end is OpenSSH’s own 255', async t => {
	const target = await createTarget(t);
	const unreachable = {...target, access: {...target.access, ssh_port: 1}};
	const {exitCode, stderr} = await runBySsh(unreachable, ['true'], {timeoutMs: 10_000});
	t.is(exitCode, 255);
	t.regex(stderr, /Connection refused/);
});

test('a public key that is none is told before anybody is asked with it', async t => {
	const folder = await temporaryFolder(t);
	const {privateKeyFile} = await ensureSshKey(folder);
	await fs.writeFile(`${privateKeyFile}.pub`, 'rubbish\n');
	await t.throwsAsync(ensureSshKey(folder), {code: 'SSH_KEY_DAMAGED', message: /\.pub holds no public key/});
});
