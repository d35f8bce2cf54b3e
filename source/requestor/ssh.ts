import {spawn} from 'node:child_process';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {ensurePrivateFolder, isErrno, readFileIfThere, writeFileAtomically} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {quoteForShell} from '../platform/shell.js';
import type {VmAccess} from '../protocol/vm.js';

export type SshTarget = {
	name: string;
	access: VmAccess;
	privateKeyFile: string;
	/** Holds the known-hosts files, one a VM. */
	folder: string;
};

/**
How OpenSSH is to know this VM: by the host keys its provider gave when it was rented, and by nothing else. None of the
user's own known hosts, no agent, no key but ours, and no question it could be talked through.
@throws BAD_ANSWER where the provider's word for the address is none
*/
export function trustedConnection({
	name,
	access,
	privateKeyFile,
	folder,
}: SshTarget): Array<[string, string]> {
	return [
		['HostName', checkedHost(access.ssh_host)],
		['Port', String(access.ssh_port)],
		['User', access.ssh_user],
		['IdentityFile', quotePath(privateKeyFile)],
		['IdentitiesOnly', 'yes'],
		['IdentityAgent', 'none'],
		['UserKnownHostsFile', quotePath(knownHostsFile(folder, name))],
		['GlobalKnownHostsFile', '/dev/null'],
		['StrictHostKeyChecking', 'yes'],
		['UpdateHostKeys', 'no'],
		['HostKeyAlias', hostKeyAlias(name)],
		['PasswordAuthentication', 'no'],
		['KbdInteractiveAuthentication', 'no'],
	];
}

/** What is set where the user says nothing else: to OpenSSH, the first word counts. */
const defaults = [
	['ConnectTimeout', '20'],
	['ServerAliveInterval', '15'],
	['LogLevel', 'ERROR'],
	// Its complaint about a port that is taken would come when all is over.
	['ExitOnForwardFailure', 'yes'],
] as const;

/** The arguments for OpenSSH, up to the host. @param options the user's own, which come after what makes it safe */
export function sshArguments(target: SshTarget, options: readonly string[] = []): string[] {
	const pairs = (list: ReadonlyArray<readonly [string, string]>) =>
		list.flatMap(([key, value]) => ['-o', `${key}=${value}`]);
	// One that is lent has to be known to OpenSSH; of its keys none but ours would be offered, as `IdentitiesOnly` says.
	const trusted = trustedConnection(target).filter(
		([key]) => key !== 'IdentityAgent' || !options.includes('-A'),
	);
	return ['-F', 'none', ...pairs(trusted), ...options, ...pairs(defaults)];
}

/** Where the VM is say the options; behind `--` nothing is one any more, whatever it begins with. */
function hostAndCommand({name}: SshTarget, command: readonly string[]): string[] {
	return ['--', name, ...(command.length === 0 ? [] : [quoteForShell(command)])];
}

/** A provider says where its VM is; what it says becomes a line of a configuration, and part of a command line. */
function checkedHost(host: string): string {
	if (!/^[a-z0-9:][a-z0-9.:-]{0,252}$/i.test(host)) {
		throw new GolemError(
			'BAD_ANSWER',
			`The provider says that the VM is at «${host.slice(0, 80).replaceAll(/\p{C}/gu, '')}», which is no address.`,
			{
				hint: 'Rent from another provider.',
			},
		);
	}

	return host;
}

/** As a value in OpenSSH's configuration, where `%` begins a token and a space ends a word. */
export function quotePath(file: string): string {
	return `"${file.replaceAll('%', '%%').replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Which host keys a VM may have. */
export function knownHostsFile(folder: string, name: string): string {
	return path.join(folder, `known_hosts.${name}`);
}

/** Writes down which host keys to expect. @returns the file */
export async function writeKnownHosts({name, access, folder}: SshTarget): Promise<string> {
	await ensurePrivateFolder(folder);
	const file = knownHostsFile(folder, name);
	const lines = access.ssh_host_keys.map(key => `${hostKeyAlias(name)} ${key}\n`);
	await writeFileAtomically(file, lines.join(''));
	return file;
}

/**
Runs a command in a VM without a terminal.
@returns its output and exit status, 255 for OpenSSH's own failures
*/
export async function runBySsh(
	target: SshTarget,
	command: readonly string[],
	options: {timeoutMs: number; signal?: AbortSignal},
): Promise<{stdout: string; stderr: string; exitCode: number}> {
	await writeKnownHosts(target);
	const {execa} = await import('execa');
	const {stdout, stderr, exitCode} = await execa(
		'ssh',
		[...sshArguments(target), ...hostAndCommand(target, command)],
		{
			reject: false,
			stdin: 'ignore',
			timeout: options.timeoutMs,
			...(options.signal ? {cancelSignal: options.signal} : {}),
		},
	);
	options.signal?.throwIfAborted();
	return {stdout, stderr, exitCode: exitCode ?? 255};
}

/**
Hands this terminal to OpenSSH until it ends.
@param command words to run there; none for a shell
@param options the user's own for OpenSSH, checked by `readSshOptions`
@param onOutput takes what comes instead of this terminal
@returns OpenSSH's exit status, which is the remote command's, or 255 for its own failures
*/
export async function connectBySsh(
	target: SshTarget,
	command: readonly string[],
	options: readonly string[] = [],
	onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void,
): Promise<number> {
	await writeKnownHosts(target);
	const wordsFile = path.join(target.folder, `.ssh-log.${process.pid}`);
	const child = spawn(
		'ssh',
		[
			// OpenSSH's own words go to a file, so that the streams carry what the remote side says and nothing else;
			// but who wants to follow them wants them as they come.
			...(options.includes('-v') && !onOutput ? [] : ['-E', wordsFile]),
			...sshArguments(target, options),
			...hostAndCommand(target, command),
		],
		{stdio: onOutput ? ['inherit', 'pipe', 'pipe'] : 'inherit'},
	);
	child.stdout?.on('data', chunk => onOutput?.('stdout', chunk));
	child.stderr?.on('data', chunk => onOutput?.('stderr', chunk));
	// The terminal's Ctrl-C is for what runs in it; ssh passes it on and lives. Without one it is for ssh.
	const onInterrupt = () => {
		if (onOutput) {
			child.kill('SIGINT');
		}
	};
	process.on('SIGINT', onInterrupt);
	// Whoever closes the terminal or ends us means ssh as well; the system tells only us.
	const passOn = (signal: NodeJS.Signals) => child.kill(signal);
	process.on('SIGHUP', passOn);
	process.on('SIGTERM', passOn);
	try {
		const status = await new Promise<number>((resolve, reject) => {
			child.once('error', error => {
				reject(
					isErrno(error, 'ENOENT')
						? new GolemError('SSH_MISSING', 'OpenSSH is not installed.', {
								hint: 'Install it (openssh-client) with: golem setup',
								cause: error,
							})
						: error,
				);
			});
			child.once('close', (code, signal) =>
				resolve(code ?? 128 + (signal ? os.constants.signals[signal] : 0)),
			);
		});
		const words = (await readFileIfThere(wordsFile)) ?? '';
		if (status === 255 && /host key verification failed|identification has changed/i.test(words)) {
			throw changedHostKey(target);
		}

		if (onOutput) {
			onOutput('stderr', Buffer.from(words));
		} else {
			process.stderr.write(words);
		}

		return status;
	} finally {
		process.off('SIGINT', onInterrupt);
		process.off('SIGHUP', passOn);
		process.off('SIGTERM', passOn);
		await fs.rm(wordsFile, {force: true});
	}
}

function changedHostKey({name, access}: SshTarget): GolemError {
	return new GolemError(
		'HOST_KEY_CHANGED',
		`What answers at ${access.ssh_host}:${access.ssh_port} is not the VM ${name}: its host key is not the one your provider gave when you rented it. Nothing was sent to it.`,
		{
			exitCode: exitCodes.notAllowed,
			hint: `Somebody may be in between, or another VM has taken the port. See the VM with: golem vm info ${name}`,
		},
	);
}

function hostKeyAlias(name: string): string {
	return `golem-${name}`;
}
