import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {sshPublicKeySchema} from '../../../source/protocol/ssh-key.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

const run = promisify(execFile);

/** A public key made by OpenSSH, as in the `.pub` file but without its last newline. */
async function makeKey(t: ExecutionContext, type: string, bits?: number): Promise<string> {
	const file = path.join(await temporaryFolder(t), 'key');
	const size = bits === undefined ? [] : ['-b', String(bits)];
	await run('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', 'alice@laptop', '-f', file]);
	return (await fs.readFile(`${file}.pub`, 'utf8')).trim();
}

function faultOf(key: unknown): string | undefined {
	return sshPublicKeySchema.safeParse(key).error?.issues[0]?.message;
}

const kinds: Array<[type: string, bits?: number]> = [
	['ed25519'],
	['rsa', 2048],
	['rsa', 3072],
	['ecdsa', 256],
	['ecdsa', 384],
	['ecdsa', 521],
];

for (const [type, bits] of kinds) {
	test(`a key of ssh-keygen -t ${type} ${bits === undefined ? '' : `-b ${bits} `}is taken, its comment dropped`, async t => {
		const key = await makeKey(t, type, bits);
		const [name, encoded] = key.split(' ');
		t.is(sshPublicKeySchema.parse(key), `${name} ${encoded}`);
		t.is(sshPublicKeySchema.parse(`${key}\n`), `${name} ${encoded}`);
		t.is(sshPublicKeySchema.parse(`  ${name}\t${encoded}  `), `${name} ${encoded}`);
	});
}

test('an RSA key of 1024 bits is refused, with its size', async t => {
	t.is(faultOf(await makeKey(t, 'rsa', 1024)), 'has 1024 bits; an RSA key needs at least 2048');
});

test('a key cut short anywhere is refused', async t => {
	const [type, encoded = ''] = (await makeKey(t, 'ed25519')).split(' ');
	for (let length = 0; length < encoded.length; length++) {
		t.not(faultOf(`${type} ${encoded.slice(0, length)}`), undefined, `${length} characters`);
	}
});

test('a key with more after it than belongs to it is refused', async t => {
	for (const [type, bits] of kinds) {
		const [name, encoded = ''] = (await makeKey(t, type, bits)).split(' ');
		for (const bytes of [1, 2, 3, 4]) {
			const longer = Buffer.concat([Buffer.from(encoded, 'base64'), Buffer.alloc(bytes)]);
			t.not(faultOf(`${name} ${longer.toString('base64')}`), undefined, `${name} and ${bytes} bytes`);
		}
	}
});

test('a key that is not of the type it says is refused', async t => {
	const [, ed25519] = (await makeKey(t, 'ed25519')).split(' ');
	const [, ecdsa] = (await makeKey(t, 'ecdsa', 256)).split(' ');
	t.regex(faultOf(`ssh-rsa ${ed25519}`) ?? '', /is damaged/);
	t.regex(faultOf(`ssh-ed25519 ${ecdsa}`) ?? '', /is damaged/);
	t.regex(faultOf(`ecdsa-sha2-nistp384 ${ecdsa}`) ?? '', /is damaged/);
});

test('an ECDSA key with the point of another curve is refused', async t => {
	const [name = '', encoded = ''] = (await makeKey(t, 'ecdsa', 256)).split(' ');
	const field = (content: Buffer | string) => {
		const bytes = Buffer.from(content);
		const length = Buffer.alloc(4);
		length.writeUInt32BE(bytes.length);
		return Buffer.concat([length, bytes]);
	};
	const point = Buffer.from(encoded, 'base64').subarray(-65);
	const forged = (curve: string, bytes: Buffer) =>
		`${name} ${Buffer.concat([field(name), field(curve), field(bytes)]).toString('base64')}`;
	t.is(faultOf(forged('nistp256', point)), undefined);
	t.not(faultOf(forged('nistp384', point)), undefined);
	t.not(faultOf(forged('nistp256', point.subarray(1))), undefined);
});

test('options before a key, another line after it, or no key at all are refused', async t => {
	const key = await makeKey(t, 'ed25519');
	for (const text of [
		`command="rm -rf /" ${key}`,
		`no-pty ${key}`,
		`restrict,${key}`,
		`${key}\n${key}`,
		`${key}\r\nssh-rsa AAAA`,
		key.replace(' ', '\n'),
		`# ${key}`,
		key.split(' ')[1],
		'',
		'ssh-ed25519',
		'-----BEGIN OPENSSH PRIVATE KEY-----',
		'x'.repeat(10_000),
		42,
		null,
	]) {
		t.not(faultOf(text), undefined, String(text).slice(0, 60));
	}
});

test('types that are no longer safe, or that need a device, are refused by name', t => {
	const ofType = (type: string) => {
		const length = Buffer.alloc(4);
		length.writeUInt32BE(type.length);
		return `${type} ${Buffer.concat([length, Buffer.from(type)]).toString('base64')}`;
	};
	for (const type of ['ssh-dss', 'sk-ssh-ed25519@openssh.com', 'ssh-ed448']) {
		t.regex(faultOf(ofType(type)) ?? '', new RegExp(`is of type ${type}; it must be`));
	}
});

test('whatever comes as a key is answered, and what is taken is one line OpenSSH can read', async t => {
	const [type, encoded = ''] = (await makeKey(t, 'ed25519')).split(' ');
	const bytes = Buffer.from(encoded, 'base64');
	const mutated = fc.tuple(fc.nat({max: bytes.length - 1}), fc.nat({max: 255})).map(([at, value]) => {
		const copy = Buffer.from(bytes);
		copy[at] = value;
		return `${type} ${copy.toString('base64')}`;
	});
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string({unit: 'binary'}),
				mutated,
				mutated.map(line => `${line} a comment`),
			),
			text => {
				const parsed = sshPublicKeySchema.safeParse(text);
				if (parsed.success) {
					t.regex(parsed.data, /^ssh-ed25519 [A-Za-z0-9+/]+={0,2}$/);
				}
			},
		),
		{numRuns: 300},
	);
});
