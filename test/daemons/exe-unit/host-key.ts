import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {createHostKey, ensureHostKey} from '../../../daemons/exe-unit/host-key.js';
import {sshPublicKeySchema} from '../../../source/protocol/ssh-key.js';
import {modeOf, temporaryFolder} from '../../support/temporary-folder.js';

/** Reads SSH's strings: four bytes of length, then that many. */
function readStrings(bytes: Buffer): Buffer[] {
	const strings: Buffer[] = [];
	for (let at = 0; at < bytes.length; ) {
		const length = bytes.readUInt32BE(at);
		strings.push(bytes.subarray(at + 4, at + 4 + length));
		at += 4 + length;
	}

	return strings;
}

test('the public half is one that ssh-keygen takes for a key', async t => {
	const {publicKey} = createHostKey();
	const file = path.join(await temporaryFolder(t), 'key.pub');
	await fs.writeFile(file, `${publicKey}\n`);
	const {stdout} = await promisify(execFile)('ssh-keygen', ['-lf', file]);
	t.regex(stdout, /^256 SHA256:\S{43} .*\(ED25519\)/);
	t.notThrows(() => sshPublicKeySchema.parse(publicKey));
});

test('the private half is in dropbear’s form, and belongs to the public one', t => {
	const {publicKey, dropbearKey} = createHostKey();
	const [type, secret] = readStrings(Buffer.from(dropbearKey, 'base64'));
	const [publicType, point] = readStrings(Buffer.from(publicKey.split(' ')[1] ?? '', 'base64'));
	t.is(String(type), 'ssh-ed25519');
	t.is(String(publicType), 'ssh-ed25519');
	t.is(secret?.length, 64);
	t.deepEqual(secret?.subarray(32), point);
});

test('no two VMs have the same key', t => {
	const keys = Array.from({length: 20}, createHostKey);
	t.is(new Set(keys.map(({publicKey}) => publicKey)).size, 20);
	t.is(new Set(keys.map(({dropbearKey}) => dropbearKey)).size, 20);
});

test('a VM keeps its key, and only its owner can read the file', async t => {
	const folder = await temporaryFolder(t);
	const key = await ensureHostKey(folder);
	t.deepEqual(await ensureHostKey(folder), key);
	t.is(await modeOf(path.join(folder, 'host-key.json')), '600');
});
