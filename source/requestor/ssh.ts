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
The arguments for OpenSSH. It knows this VM by the host keys its provider gave when it was rented, and nothing else:
none of the user's own known hosts, no agent, no key but ours, and no question it could be talked through.
*/
export function sshArguments({name, access, privateKeyFile}: SshTarget, knownHostsFile: string): string[] {
	return [
		['-F', 'none'],
		['-i', privateKeyFile],
		['-o', 'IdentitiesOnly=yes'],
		['-o', 'IdentityAgent=none'],
		['-o', `UserKnownHostsFile="${knownHostsFile}"`],
		['-o', 'GlobalKnownHostsFile=/dev/null'],
		['-o', 'StrictHostKeyChecking=yes'],
		['-o', 'UpdateHostKeys=no'],
		['-o', `HostKeyAlias=${hostKeyAlias(name)}`],
		['-o', 'PasswordAuthentication=no'],
		['-o', 'KbdInteractiveAuthentication=no'],
		['-o', 'ConnectTimeout=20'],
		['-o', 'ServerAliveInterval=15'],
		['-o', 'LogLevel=ERROR'],
		['-p', String(access.ssh_port)],
		['-l', access.ssh_user],
	].flat();
}

/** Writes down which host keys to expect. @returns the file */
export async function writeKnownHosts({name, access, folder}: SshTarget): Promise<string> {
	await ensurePrivateFolder(folder);
	const file = path.join(folder, `known_hosts.${name}`);
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
	const args = sshArguments(target, await writeKnownHosts(target));
	const {execa} = await import('execa');
	const {stdout, stderr, exitCode} = await execa(
		'ssh',
		[...args, target.access.ssh_host, '--', quoteForShell(command)],
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
@returns OpenSSH's exit status, which is the remote command's, or 255 for its own failures
*/
export async function connectBySsh(target: SshTarget, command: readonly string[]): Promise<number> {
	const knownHostsFile = await writeKnownHosts(target);
	// OpenSSH's own words go to a file, so that the streams carry what the remote side says and nothing else.
	const wordsFile = path.join(target.folder, `.ssh-log.${process.pid}`);
	const args = ['-E', wordsFile, ...sshArguments(target, knownHostsFile), target.access.ssh_host];
	const child = spawn('ssh', command.length === 0 ? args : [...args, '--', quoteForShell(command)], {
		stdio: 'inherit',
	});
	// The terminal's Ctrl-C is for what runs in it; ssh passes it on and lives.
	const ignore = () => {};
	process.on('SIGINT', ignore);
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

		process.stderr.write(words);
		return status;
	} finally {
		process.off('SIGINT', ignore);
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
