import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import test from 'ava';
import {extract, type Header} from 'tar-stream';
import {createHostKey} from '../../../../daemons/exe-unit/host-key.js';
import {createSeed, type SeedOptions} from '../../../../daemons/exe-unit/qemu/seed.js';

type Entry = Header & {content: Buffer};

async function entriesOf(options: Partial<SeedOptions> = {}): Promise<Map<string, Entry>> {
	const seed = await createSeed({
		hostname: 'web',
		sshKeys: ['ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two'],
		hostKey: createHostKey(),
		userId: 1000,
		uplink: undefined,
		...options,
	});
	const entries = new Map<string, Entry>();
	for await (const entry of Readable.from([seed]).pipe(extract())) {
		entries.set(entry.header.name, {...entry.header, content: await buffer(entry)});
	}

	return entries;
}

test('the guest learns its name', async t => {
	const entries = await entriesOf();
	t.is(String(entries.get('etc/hostname')?.content), 'web\n');
	t.regex(String(entries.get('etc/hosts')?.content), /^127\.0\.1\.1 web$/m);
	t.regex(String(entries.get('etc/hosts')?.content), /^127\.0\.0\.1 localhost$/m);
});

test('the guest’s host key is root’s alone', async t => {
	const hostKey = createHostKey();
	const key = (await entriesOf({hostKey})).get('etc/dropbear/dropbear_ed25519_host_key');
	t.is(key?.content.toString('base64'), hostKey.dropbearKey);
	t.like(key, {uid: 0, gid: 0, mode: 0o600});
});

test('whoever may log in is written down where SSH looks, as the user’s own', async t => {
	const entries = await entriesOf();
	const keys = entries.get('home/ubuntu/.ssh/authorized_keys');
	t.is(String(keys?.content), 'ssh-ed25519 AAAA one\nssh-ed25519 BBBB two\n');
	t.like(keys, {uid: 1000, gid: 1000, mode: 0o600});
	t.like(entries.get('home/ubuntu/.ssh') ?? entries.get('home/ubuntu/.ssh/'), {
		type: 'directory',
		uid: 1000,
		gid: 1000,
		mode: 0o700,
	});
});

test('without a key nobody is let in, and a file of the user’s own is not written over', async t => {
	const names = [...(await entriesOf({sshKeys: []})).keys()];
	t.deepEqual(
		names.filter(name => name.includes('.ssh')),
		[],
	);
});

test('no path leads out of the guest’s root', async t => {
	for (const name of (await entriesOf()).keys()) {
		t.false(name.startsWith('/') || name.split('/').includes('..'), name);
	}
});
