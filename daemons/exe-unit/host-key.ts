import {generateKeyPairSync} from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import {readFileIfThere, writeFileAtomically} from '../../source/platform/files.js';

const hostKeySchema = z.object({
	/** As in known_hosts: `ssh-ed25519 AAAA…`. */
	publicKey: z.string(),
	/** Dropbear's own format, in base64. */
	dropbearKey: z.string(),
});

/** The key by which a guest's SSH server is known. */
export type HostKey = z.infer<typeof hostKeySchema>;

/** The VM's host key, made at its first start and kept: whoever has seen the VM once can tell it from any other. */
export async function ensureHostKey(vmFolder: string): Promise<HostKey> {
	const file = path.join(vmFolder, 'host-key.json');
	const text = await readFileIfThere(file);
	if (text !== undefined) {
		return hostKeySchema.parse(JSON.parse(text));
	}

	const key = createHostKey();
	await writeFileAtomically(file, JSON.stringify(key));
	return key;
}

/**
Formats: RFC 8709 for the public key; dropbear stores the type and then, as one string, seed and public key
(`buf_put_ed25519_priv_key` in its source).
*/
export function createHostKey(): HostKey {
	const {privateKey} = generateKeyPairSync('ed25519');
	const {d = '', x = ''} = privateKey.export({format: 'jwk'});
	const seed = Buffer.from(d, 'base64url');
	const point = Buffer.from(x, 'base64url');
	const type = 'ssh-ed25519';
	return {
		publicKey: `${type} ${Buffer.concat([sshString(type), sshString(point)]).toString('base64')}`,
		dropbearKey: Buffer.concat([sshString(type), sshString(Buffer.concat([seed, point]))]).toString('base64'),
	};
}

function sshString(content: string | Buffer): Buffer {
	const bytes = Buffer.from(content);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(bytes.length);
	return Buffer.concat([length, bytes]);
}
