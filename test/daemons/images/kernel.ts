import test from 'ava';
import fc from 'fast-check';
import {extractVmlinux} from '../../../daemons/images/kernel.js';
import {decompressLegacyLz4} from '../../../daemons/images/lz4.js';

function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

/** Lengths from 15 on go on in further bytes, as LZ4 has it. */
function length(value: number): {nibble: number; more: number[]} {
	if (value < 15) return {nibble: value, more: []};
	const rest = value - 15;
	return {nibble: 15, more: [...Array.from({length: Math.floor(rest / 255)}, () => 255), rest % 255]};
}

type Sequence = {literals: Uint8Array; distance: number; repeated: number};

function compress(sequences: readonly Sequence[], last: Uint8Array): Buffer {
	const parts = sequences.flatMap(({literals, distance, repeated}) => {
		const before = length(literals.length);
		const match = length(repeated - 4);
		return [
			Buffer.from([(before.nibble << 4) | match.nibble, ...before.more]),
			literals,
			Buffer.from([distance & 255, distance >> 8, ...match.more]),
		];
	});
	const end = length(last.length);
	return Buffer.concat([...parts, Buffer.from([end.nibble << 4, ...end.more]), last]);
}

function expand(sequences: readonly Sequence[], last: Uint8Array): Buffer {
	const output: number[] = [];
	for (const {literals, distance, repeated} of sequences) {
		output.push(...literals);
		for (let count = 0; count < repeated; count++) output.push(output.at(-distance) ?? -1);
	}

	return Buffer.from([...output, ...last]);
}

function frame(...blocks: Buffer[]): Buffer {
	return Buffer.concat([uint32(0x184c2102), ...blocks.flatMap(block => [uint32(block.length), block])]);
}

const bytes = (minLength: number) => fc.uint8Array({minLength, maxLength: 600});
const sequence = bytes(1).chain(literals =>
	fc.record({
		literals: fc.constant(literals),
		distance: fc.integer({min: 1, max: literals.length}),
		repeated: fc.integer({min: 4, max: 700}),
	}),
);

test('what was compressed with LZ4 comes back, matches that overlap themselves included', t => {
	t.notThrows(() =>
		fc.assert(
			fc.property(fc.array(sequence, {maxLength: 5}), bytes(0), (sequences, last) => {
				const expected = expand(sequences, last);
				const block = compress(sequences, last);
				// Linux appends the size of the whole to the frame.
				const result = decompressLegacyLz4(Buffer.concat([frame(block, block), uint32(expected.length * 2)]));
				return result?.equals(Buffer.concat([expected, expected])) ?? false;
			}),
		),
	);
});

test('broken LZ4 is an error and never more than it can hold', t => {
	t.notThrows(() =>
		fc.assert(
			fc.property(bytes(1), garbage => {
				try {
					return (decompressLegacyLz4(frame(Buffer.from(garbage)))?.length ?? 0) <= 8 * 1024 * 1024;
				} catch (error) {
					return error instanceof RangeError;
				}
			}),
		),
	);
});

function bzImage(payload: Buffer): Buffer {
	const image = Buffer.alloc(5 * 512 + 100);
	image.writeUInt8(4, 0x1f1);
	image.write('HdrS', 0x202);
	image.writeUInt32LE(100, 0x248);
	image.writeUInt32LE(payload.length, 0x24c);
	return Buffer.concat([image, payload, Buffer.from('what comes after')]);
}

test('an ELF kernel is taken out of a bzImage', t => {
	const elf = Buffer.from('\x7fELF and the rest', 'latin1');
	t.deepEqual(extractVmlinux(bzImage(frame(compress([], elf)))), elf);
});

test('a kernel that is packed otherwise is left as it is', t => {
	t.is(extractVmlinux(bzImage(Buffer.from('\x1f\x8b gzip, say', 'latin1'))), undefined);
	t.is(extractVmlinux(bzImage(frame(compress([], Buffer.from('no ELF'))))), undefined);
	t.is(extractVmlinux(Buffer.from('MZ')), undefined);
});
