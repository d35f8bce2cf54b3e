import {secp256k1} from '@noble/curves/secp256k1.js';
import {keccak_256} from '@noble/hashes/sha3.js';
import {bytesToHex, hexToBytes, utf8ToBytes} from '@noble/hashes/utils.js';
import * as z from 'zod';

/** An Ethereum address in lower case: who somebody is in this network. */
export const identityIdSchema = z
	.string()
	.regex(/^0x[0-9a-fA-F]{40}$/, 'must be an Ethereum address: 0x and 40 hex digits')
	.transform(id => id.toLowerCase());

/** A 65-byte EIP-191 signature (r, s, v) as `0x…` hex. */
export const signatureSchema = z
	.string()
	.regex(/^0x[0-9a-fA-F]{130}$/, 'must be a 65-byte signature: 0x and 130 hex digits');

/** Somebody who can sign. The private key stays inside. */
export type Identity = {
	/** Address in lower case. */
	id: string;
	/** Signs a text as `personal_sign` does (EIP-191, version 0x45). */
	sign(text: string): string;
};

/** @param privateKey 32 bytes in hex, with or without `0x` */
export function createIdentity(privateKey: string): Identity {
	const key = hexToBytes(privateKey.replace(/^0x/, ''));
	return {
		id: addressOf(secp256k1.getPublicKey(key, false)),
		sign(text) {
			const signature = secp256k1.sign(personalMessageHash(text), key, {prehash: false, format: 'recovered'});
			const [recovery, ...rs] = signature;
			return `0x${bytesToHex(Uint8Array.from([...rs, 27 + (recovery ?? 0)]))}`;
		},
	};
}

/** A new private key, as hex without `0x`. */
export function createPrivateKey(): string {
	return bytesToHex(secp256k1.utils.randomSecretKey());
}

/** The id of whoever signed that text, or undefined where the signature is none. */
export function recoverSigner(text: string, signature: string): string | undefined {
	if (!signatureSchema.safeParse(signature).success) {
		return undefined;
	}

	const bytes = hexToBytes(signature.slice(2));
	const recovery = (bytes[64] ?? 0) >= 27 ? (bytes[64] ?? 0) - 27 : (bytes[64] ?? 0);
	if (recovery > 1) {
		return undefined;
	}

	try {
		const publicKey = secp256k1.recoverPublicKey(
			Uint8Array.from([recovery, ...bytes.subarray(0, 64)]),
			personalMessageHash(text),
			{prehash: false},
		);
		return addressOf(secp256k1.Point.fromBytes(publicKey).toBytes(false));
	} catch {
		// r and s that belong to no point on the curve: nobody signed this.
		return undefined;
	}
}

function personalMessageHash(text: string): Uint8Array {
	const message = utf8ToBytes(text);
	const prefix = utf8ToBytes(`\u0019Ethereum Signed Message:\n${message.length}`);
	return keccak_256(Uint8Array.from([...prefix, ...message]));
}

/** The last 20 bytes of the hash of the uncompressed point, without its leading 0x04. */
function addressOf(uncompressedPublicKey: Uint8Array): string {
	return `0x${bytesToHex(keccak_256(uncompressedPublicKey.subarray(1)).subarray(-20))}`;
}
