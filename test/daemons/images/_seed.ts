import {generateKeyPairSync} from 'node:crypto';
import {buffer} from 'node:stream/consumers';
import tar from 'tar-stream';

/** An SSH host key as dropbear keeps it and as OpenSSH's known_hosts has it. */
export type HostKey = {dropbear: Buffer; openssh: string};

export function makeHostKey(): HostKey {
	const {privateKey, publicKey} = generateKeyPairSync('ed25519');
	// The last 32 bytes of either encoding are the key itself.
	const secret = privateKey.export({format: 'der', type: 'pkcs8'}).subarray(-32);
	const point = publicKey.export({format: 'der', type: 'spki'}).subarray(-32);
	const type = sshString('ssh-ed25519');
	return {
		dropbear: Buffer.concat([type, sshString(Buffer.concat([secret, point]))]),
		openssh: `ssh-ed25519 ${Buffer.concat([type, sshString(point)]).toString('base64')}`,
	};
}

function sshString(value: string | Buffer): Buffer {
	const content = Buffer.from(value);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(content.length);
	return Buffer.concat([length, content]);
}

export type SeedContent = {
	authorizedKeys: string;
	hostKey?: HostKey | undefined;
	network?: string | undefined;
};

/** What the host gives a guest, as a tar. */
export async function makeSeed({authorizedKeys, hostKey, network}: SeedContent): Promise<Buffer> {
	const pack = tar.pack();
	const owner = {uid: 1000, gid: 1000};
	pack.entry({name: 'etc/hostname'}, 'tenants-vm\n');
	pack.entry({name: 'home/ubuntu/.ssh', type: 'directory', mode: 0o700, ...owner});
	pack.entry({name: 'home/ubuntu/.ssh/authorized_keys', mode: 0o600, ...owner}, authorizedKeys);
	if (hostKey) pack.entry({name: 'etc/dropbear/dropbear_ed25519_host_key', mode: 0o600}, hostKey.dropbear);
	if (network !== undefined) pack.entry({name: 'etc/golem/network'}, network);
	pack.finalize();
	return buffer(pack);
}
