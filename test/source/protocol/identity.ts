import test from 'ava';
import fc from 'fast-check';
import {
	createIdentity,
	createPrivateKey,
	identityIdSchema,
	recoverSigner,
	signatureSchema,
} from '../../../source/protocol/identity.js';
import {alice, mallory} from '../../support/identities.js';

/** Made by other code than ours: the first is in web3.js's documentation, the second was made with ethers 6. */
const vectors = [
	{
		privateKey: '0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318',
		id: '0x2c7536e3605d9c16a7a3d7b1898e529396a65c23',
		text: 'Some data',
		signature:
			'0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c',
	},
	{
		privateKey: '11'.repeat(32),
		id: '0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a',
		text: 'Grüße, 世界 🌍',
		signature:
			'0x9d092882b8ba3c5bae59ece6d4cb0528c65097dbcc2f8aa718389d26c11f032928eab868e54ac2c8eb5529640bfdb0b8b4f9a11d02496b151bab3ad2e92e1c3b1b',
	},
];

const text = 'Some data';
const signature = alice.sign(text);
const [r, s] = [signature.slice(2, 66), signature.slice(66, 130)];
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** A signature of parts that need not belong together. */
const assemble = (first: string, second: string, v: number) =>
	`0x${first}${second}${v.toString(16).padStart(2, '0')}`;

const hex32 = (value: bigint) => value.toString(16).padStart(64, '0');

for (const {privateKey, id, text: signed, signature: wanted} of vectors) {
	test(`signing “${signed}” gives what other implementations of EIP-191 give`, t => {
		const identity = createIdentity(privateKey);
		t.is(identity.id, id);
		t.is(identity.sign(signed), wanted);
		t.is(recoverSigner(signed, wanted), id);
	});
}

test('who signed any text is found again, and any other text is not theirs', t => {
	fc.assert(
		fc.property(
			fc.uint8Array({minLength: 32, maxLength: 32}).filter(bytes => {
				const key = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
				return key > 0n && key < curveOrder;
			}),
			fc.string({unit: 'grapheme'}),
			fc.string({unit: 'grapheme'}),
			(key, signed, other) => {
				const identity = createIdentity(Buffer.from(key).toString('hex'));
				const proof = identity.sign(signed);
				t.true(signatureSchema.safeParse(proof).success);
				t.is(recoverSigner(signed, proof), identity.id);
				if (signed !== other) {
					t.not(recoverSigner(other, proof), identity.id);
				}
			},
		),
		{numRuns: 30},
	);
});

test('another’s signature is another’s', t => {
	t.is(recoverSigner(text, mallory.sign(text)), mallory.id);
});

test('v counts from 0 or from 27; anything else is no signature', t => {
	const v = Number.parseInt(signature.slice(130), 16);
	t.true(v === 27 || v === 28);
	for (let byte = 0; byte < 256; byte++) {
		const signer = recoverSigner(text, assemble(r, s, byte));
		if (byte === v || byte === v - 27) {
			t.is(signer, alice.id);
		} else {
			t.not(signer, alice.id, `v = ${byte}`);
		}

		if (![0, 1, 27, 28].includes(byte)) {
			t.is(signer, undefined, `v = ${byte}`);
		}
	}
});

test('r and s outside of the curve’s order are no signature', t => {
	for (const bad of [0n, curveOrder, curveOrder + 1n, 2n ** 256n - 1n]) {
		for (const v of [0, 1, 27, 28]) {
			t.is(recoverSigner(text, assemble(hex32(bad), s, v)), undefined, `r = ${bad}`);
			t.is(recoverSigner(text, assemble(r, hex32(bad), v)), undefined, `s = ${bad}`);
		}
	}
});

test('a text that has not the shape of a signature is none', t => {
	const malformed = [
		'',
		'signature',
		'0x',
		signature.slice(2),
		signature.slice(0, -2),
		`${signature}00`,
		`${signature}\n`,
		` ${signature}`,
		signature.replace('0x', '0X'),
		`0x${'zz'.repeat(65)}`,
	];
	for (const bad of malformed) {
		t.is(recoverSigner(text, bad), undefined, bad);
	}
});

test('whatever comes as a signature, nothing is thrown and nobody is taken for the signer', t => {
	const hexBytes = (length: number) =>
		fc.uint8Array({minLength: length, maxLength: length}).map(bytes => Buffer.from(bytes).toString('hex'));
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string({unit: 'binary'}),
				hexBytes(65).map(hex => `0x${hex}`),
				fc.tuple(hexBytes(32), fc.constantFrom(0, 1, 27, 28)).map(([other, v]) => assemble(other, s, v)),
				fc.tuple(hexBytes(32), fc.constantFrom(0, 1, 27, 28)).map(([other, v]) => assemble(r, other, v)),
			),
			candidate => {
				fc.pre(candidate.toLowerCase() !== signature);
				t.not(recoverSigner(text, candidate), alice.id);
			},
		),
		{numRuns: 300},
	);
});

test('one bit changed anywhere in a signature makes it somebody else’s, or nobody’s', t => {
	fc.assert(
		fc.property(fc.integer({min: 0, max: 64 * 8 - 1}), bit => {
			const bytes = Buffer.from(signature.slice(2), 'hex');
			bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
			t.not(recoverSigner(text, `0x${bytes.toString('hex')}`), alice.id);
		}),
	);
});

test('an id is 40 hex digits in any case, kept in lower case', t => {
	t.is(identityIdSchema.parse('0x2c7536E3605D9C16a7a3D7b1898e529396a65c23'), alice.id);
	for (const bad of ['', '0x', alice.id.slice(2), `${alice.id}0`, `${alice.id}\n`, `0x${'g'.repeat(40)}`]) {
		t.false(identityIdSchema.safeParse(bad).success, bad);
	}
});

test('a new key is one that can sign, and never the same', t => {
	const keys = new Set(Array.from({length: 20}, createPrivateKey));
	t.is(keys.size, 20);
	for (const key of keys) {
		const identity = createIdentity(key);
		t.is(recoverSigner('x', identity.sign('x')), identity.id);
	}
});

test('what is no private key makes no identity', t => {
	for (const bad of ['', 'ab', '00'.repeat(32), 'ff'.repeat(32), 'zz'.repeat(32)]) {
		t.throws(() => createIdentity(bad), undefined, bad);
	}
});
