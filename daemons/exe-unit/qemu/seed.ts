import {buffer} from 'node:stream/consumers';
import {pack} from 'tar-stream';
import type {HostKey} from '../host-key.js';

export type SeedOptions = {
	hostname: string;
	sshKeys: readonly string[];
	hostKey: HostKey;
	/** The guest's user who may log in. */
	userId: number;
	/** The second network card; undefined where there is none. */
	uplink: {address: string; gateway: string; dns: string} | undefined;
};

/** What makes a guest this VM and no other: a tar that the guest unpacks over its root at every start. */
export async function createSeed({hostname, sshKeys, hostKey, userId, uplink}: SeedOptions): Promise<Buffer> {
	const archive = pack();
	const root = {uid: 0, gid: 0, mtime: new Date(0)};
	const user = {uid: userId, gid: userId, mtime: new Date(0)};
	archive.entry({...root, name: 'etc/hostname', mode: 0o644}, `${hostname}\n`);
	archive.entry(
		{...root, name: 'etc/hosts', mode: 0o644},
		`127.0.0.1 localhost\n127.0.1.1 ${hostname}\n::1 localhost\n`,
	);
	archive.entry(
		{...root, name: 'etc/dropbear/dropbear_ed25519_host_key', mode: 0o600},
		Buffer.from(hostKey.dropbearKey, 'base64'),
	);
	archive.entry(
		{...root, name: 'etc/golem/network', mode: 0o644},
		uplink
			? `uplink=${uplink.address}\ngateway=${uplink.gateway}\ndns=${uplink.dns}\n`
			: 'uplink=\ngateway=\ndns=\n',
	);
	if (sshKeys.length > 0) {
		archive.entry({...user, name: 'home/ubuntu/.ssh', type: 'directory', mode: 0o700});
		archive.entry(
			{...user, name: 'home/ubuntu/.ssh/authorized_keys', mode: 0o600},
			`${sshKeys.join('\n')}\n`,
		);
	}

	archive.finalize();
	return buffer(archive);
}
