import path from 'node:path';
import {ensurePrivateFolder, fileExists, readFileIfThere} from '../platform/files.js';
import {GolemError} from '../platform/golem-error.js';
import {sshPublicKeySchema} from '../protocol/ssh-key.js';

/** The requestor's own key for its VMs; the keys in ~/.ssh are nobody's business. */
export type SshKey = {privateKeyFile: string; publicKey: string};

const makingTimeoutMs = 30_000;

/** Finds the key, or has OpenSSH make one (Ed25519, no passphrase). */
export async function ensureSshKey(folder: string): Promise<SshKey> {
	const privateKeyFile = path.join(folder, 'id_ed25519');
	if (!(await fileExists(`${privateKeyFile}.pub`))) {
		await ensurePrivateFolder(folder);
		// Two programs that need a key at once get the same one.
		const {waitForProcessLock} = await import('../platform/process-lock.js');
		const lock = await waitForProcessLock(path.join(folder, '.lock'), makingTimeoutMs);
		try {
			if (!(await fileExists(privateKeyFile))) {
				await makeKey(privateKeyFile);
			}
		} finally {
			await lock?.release();
		}
	}

	const publicKey = await readFileIfThere(`${privateKeyFile}.pub`);
	if (publicKey === undefined || !sshPublicKeySchema.safeParse(publicKey).success) {
		const fault = publicKey === undefined ? 'is missing' : 'holds no public key';
		throw new GolemError('SSH_KEY_DAMAGED', `${privateKeyFile}.pub ${fault}.`, {
			hint: `Make it again with: ssh-keygen -y -f ${privateKeyFile} > ${privateKeyFile}.pub`,
		});
	}

	return {privateKeyFile, publicKey: publicKey.trim()};
}

async function makeKey(file: string): Promise<void> {
	const {execa} = await import('execa');
	await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'golem', '-f', file], {
		stdin: 'ignore',
		timeout: makingTimeoutMs,
	}).catch((error: unknown) => {
		throw new GolemError('SSH_MISSING', 'OpenSSH could not make a key.', {
			hint: 'Install OpenSSH (openssh-client) with: golem setup',
			cause: error,
		});
	});
}
