import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {parseArguments, splitCommandLine} from '../../../source/command-line/arguments.js';
import sshCommand from '../../../source/commands/vm/ssh.js';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';
import {readSshOptions} from '../../../source/requestor/ssh-options.js';

const run = promisify(execFile);
const read = (...words: string[]) => readSshOptions(words, {SSH_AUTH_SOCK: '/run/my agent'});

for (const [words, foreign] of [
	[['web'], []],
	[
		['web', '-L', '8080:localhost:80'],
		['-L', '8080:localhost:80'],
	],
	[
		['web', '-L8080:localhost:80'],
		['-L', '8080:localhost:80'],
	],
	[
		['-Nf', 'web', '-R', '9000:localhost:9000', '-D', '1080'],
		['-N', '-f', '-R', '9000:localhost:9000', '-D', '1080'],
	],
	[
		['web', '-NL', '8080:localhost:80'],
		['-N', '-L', '8080:localhost:80'],
	],
	[
		['web', '-vvv', '-t', '-T'],
		['-v', '-v', '-v', '-t', '-T'],
	],
	[
		['web', '-o', 'loglevel = VERBOSE', '-oServerAliveInterval=3'],
		['-o', 'LogLevel=VERBOSE', '-o', 'ServerAliveInterval=3'],
	],
	[
		['web', '-AN'],
		['-A', '-N'],
	],
] as const) {
	test(`golem vm ssh ${words.join(' ')} is understood, by us and by OpenSSH`, async t => {
		const read_ = read(...words);
		t.deepEqual(read_, {foreign: [...foreign], rest: ['web']});
		await t.notThrowsAsync(run('ssh', ['-G', '-F', 'none', ...read_.foreign, '--', 'web']));
	});
}

for (const words of [
	['-o', 'ProxyCommand=touch /tmp/owned'],
	['-oProxyCommand=touch /tmp/owned'],
	['-o', 'proxycommand touch /tmp/owned'],
	['-o', 'LocalCommand=id'],
	['-o', 'PermitLocalCommand=yes'],
	['-o', 'StrictHostKeyChecking=no'],
	['-o', 'UserKnownHostsFile=/dev/null'],
	['-o', 'GlobalKnownHostsFile=/dev/null'],
	['-o', 'KnownHostsCommand=id'],
	['-o', 'HostKeyAlias=x'],
	['-o', 'IdentityFile=/root/.ssh/id_rsa'],
	['-o', 'Include=/tmp/config'],
	['-o', 'Match=exec id'],
	['-o', 'ControlPath=/tmp/x'],
	['-o', 'PKCS11Provider=/tmp/x.so'],
	['-o', 'SecurityKeyProvider=/tmp/x.so'],
	['-o', 'XAuthLocation=/tmp/x'],
	['-o', 'LogLevel=ERROR\nProxyCommand=id'],
	['-o', '=x'],
	['-o', 'LogLevel'],
	['-o'],
	['-F', '/tmp/config'],
	['-J', 'jump'],
	['-S', '/tmp/x'],
	['-I', '/tmp/x.so'],
	['-E', '/tmp/x'],
	['-p', '22'],
	['-l', 'root'],
	['-i', 'key'],
	['-w', '0'],
	['-X'],
	['-Y'],
	['-M'],
	['-NX'],
	['-L'],
	['-L', '-oProxyCommand=id'],
	['-L', ''],
	['-R', '-N'],
]) {
	test(`golem vm ssh web ${JSON.stringify(words.join(' '))} is refused, with what would do`, t => {
		const error = t.throws(() => read('web', ...words), {instanceOf: GolemError});
		t.is(error?.code, 'USAGE');
		t.is(error?.exitCode, exitCodes.usage);
		t.truthy(error?.hint);
	});
}

test('what stands behind a command that began without -- is no option by accident', t => {
	t.throws(() => read('web', 'ls', '-A'), {message: /for OpenSSH or for the command/});
	t.deepEqual(read('-A', 'web', 'ls').rest, ['web', 'ls']);
});

test('an agent is lent where there is one', t => {
	for (const environment of [{}, {SSH_AUTH_SOCK: ''}]) {
		t.throws(() => readSshOptions(['web', '-A'], environment), {code: 'USAGE'});
	}
});

test('a command line keeps apart what is ours, what is OpenSSH’s, and what is the guest’s', async t => {
	const line = splitCommandLine(['vm', 'ssh', 'web', '-v', '-N', '--json', '--', 'ls', '-A', '-v', '--json']);
	t.true(line.global.isJson);
	t.false(line.global.wantsVersion);
	const {args, foreign} = await parseArguments(sshCommand, 'vm ssh', line);
	t.deepEqual(args, ['web', 'ls', '-A', '-v', '--json']);
	t.deepEqual(foreign, ['-v', '-N']);
});

test('everywhere else -v is the version', t => {
	t.true(splitCommandLine(['vm', 'list', '-v']).global.wantsVersion);
	t.true(splitCommandLine(['-v']).global.wantsVersion);
});
