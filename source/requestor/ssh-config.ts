import path from 'node:path';
import {ensurePrivateFolder, fileExists, writeFileAtomically} from '../platform/files.js';
import type {Rental} from './rentals.js';
import type {Requestor} from './requestor.js';
import {quotePath, type SshTarget, trustedConnection, writeKnownHosts} from './ssh.js';

/** Golem's own; the user's ~/.ssh/config may include it. */
export function sshConfigFile(requestor: Pick<Requestor, 'sshFolder'>): string {
	return path.join(path.resolve(requestor.sshFolder), 'config');
}

/** To a program that knows of no agent, `-A` means nothing; and what the user lends to all others is not lent to a VM. */
const lentIfAsked = ['ForwardAgent', 'no'] as const;

/** A `Host` block for OpenSSH's configuration, so that ssh, scp, rsync and editors know the VM by its name. */
export function sshConfigBlock(target: SshTarget): string {
	const lines = trustedConnection(target)
		.map(([key, value]) => (key === 'IdentityAgent' ? lentIfAsked : [key, value]))
		.map(([key, value]) => `\t${key} ${value}\n`);
	return `Host ${target.name}\n${lines.join('')}`;
}

/** What OpenSSH has to know of those VMs, with the files it names. */
export async function sshTargetOf(
	requestor: Requestor,
	{name}: Pick<Rental, 'name'>,
	access: SshTarget['access'],
): Promise<SshTarget> {
	const {privateKeyFile} = await requestor.sshKey();
	// OpenSSH takes relative paths from wherever it is started.
	const folder = path.resolve(requestor.sshFolder);
	return {name, access, privateKeyFile: path.resolve(privateKeyFile), folder};
}

/** Writes golem's own configuration for OpenSSH, with all of these VMs and no others. @returns the file */
export async function writeSshConfig(requestor: Requestor, targets: readonly SshTarget[]): Promise<string> {
	const file = sshConfigFile(requestor);
	await ensurePrivateFolder(path.dirname(file));
	for (const target of targets) {
		await writeKnownHosts(target);
	}

	await writeFileAtomically(
		file,
		`# Written by golem vm ssh-config --write\n\n${targets.map(sshConfigBlock).join('\n')}`,
	);
	return file;
}

/** Where that file was once asked for, it is kept as things are. That it cannot be written is no failure of anything else. */
export async function refreshSshConfig(requestor: Requestor): Promise<void> {
	if (!(await fileExists(sshConfigFile(requestor)))) {
		return;
	}

	try {
		const rentals = (await (await requestor.rentals()).entries()).map(([, rental]) => rental);
		const targets = rentals.flatMap(({name, access}) =>
			access ? [sshTargetOf(requestor, {name}, access)] : [],
		);
		await writeSshConfig(requestor, await Promise.all(targets));
	} catch {}
}

/** The line for the user's own configuration. */
export function includeLine(file: string): string {
	return `Include ${quotePath(file)}`;
}
