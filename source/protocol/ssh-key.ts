import * as z from 'zod';

/** The wire name of a curve and the length of an uncompressed point on it. */
const ecdsaCurves: Readonly<Record<string, {curve: string; pointBytes: number}>> = {
	'ecdsa-sha2-nistp256': {curve: 'nistp256', pointBytes: 65},
	'ecdsa-sha2-nistp384': {curve: 'nistp384', pointBytes: 97},
	'ecdsa-sha2-nistp521': {curve: 'nistp521', pointBytes: 133},
};

const minimumRsaBits = 2048;

/** A public key in OpenSSH's one-line form, without options before it; its comment is dropped. */
export const sshPublicKeySchema = z
	.string()
	.max(8192, 'must be one OpenSSH public key')
	.transform((text, context) => {
		const fault = findFault(text.trim());
		if (fault) {
			context.issues.push({code: 'custom', input: text, message: fault});
			return z.NEVER;
		}

		return text.trim().split(/\s+/).slice(0, 2).join(' ');
	});

/** Why a line is no key that could be used, or undefined where it is one (the key's fields follow RFC 4253, 5656, 8709). */
function findFault(line: string): string | undefined {
	const [type, encoded] = line.split(/[ \t]+/);
	if (/[\r\n]/.test(line) || !type || !encoded || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
		return 'must be one OpenSSH public key, such as the line in ~/.ssh/id_ed25519.pub';
	}

	const fields = readFields(Buffer.from(encoded, 'base64'));
	if (fields?.[0]?.toString('latin1') !== type) {
		return 'is damaged: what it contains is not what it says it is';
	}

	const [, first, second] = fields;
	if (type === 'ssh-ed25519') {
		return fields.length === 2 && first?.length === 32
			? undefined
			: 'is damaged: an Ed25519 key has 32 bytes';
	}

	if (type === 'ssh-rsa') {
		const bits = second ? bitLength(second) : 0;
		return fields.length === 3 && bits >= minimumRsaBits
			? undefined
			: `has ${bits} bits; an RSA key needs at least ${minimumRsaBits}`;
	}

	const ecdsa = ecdsaCurves[type];
	if (ecdsa) {
		const isPoint = first?.toString('latin1') === ecdsa.curve && second?.length === ecdsa.pointBytes;
		return fields.length === 3 && isPoint ? undefined : 'is damaged: its point is not on its curve';
	}

	return `is of type ${type.slice(0, 40)}; it must be ssh-ed25519, ssh-rsa or ecdsa-sha2-nistp256, 384 or 521`;
}

/** Length-prefixed fields one after the other, or undefined where they do not fill the buffer exactly. */
function readFields(buffer: Buffer): Buffer[] | undefined {
	const fields: Buffer[] = [];
	let offset = 0;
	while (offset + 4 <= buffer.length) {
		const end = offset + 4 + buffer.readUInt32BE(offset);
		if (end > buffer.length) {
			return undefined;
		}

		fields.push(buffer.subarray(offset + 4, end));
		offset = end;
	}

	return offset === buffer.length ? fields : undefined;
}

function bitLength(integer: Buffer): number {
	const firstSet = integer.findIndex(byte => byte !== 0);
	return firstSet < 0 ? 0 : (integer.length - firstSet) * 8 - Math.clz32(integer[firstSet] ?? 0) + 24;
}
