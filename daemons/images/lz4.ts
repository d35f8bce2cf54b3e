const legacyMagic = 0x184c2102;
const blockSize = 8 * 1024 * 1024;

/**
Decompresses the «legacy» LZ4 frame, the one Linux wraps its kernels in: after the magic number, blocks of at most
8 MiB, each preceded by its compressed length. Answers undefined for anything else.
Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md#legacy-frame
*/
export function decompressLegacyLz4(frame: Buffer): Buffer | undefined {
	if (frame.length < 8 || frame.readUInt32LE(0) !== legacyMagic) return undefined;

	const blocks: Buffer[] = [];
	let position = 4;
	while (position + 4 <= frame.length) {
		const length = frame.readUInt32LE(position);
		const start = position + 4;
		// What does not fit is no block: Linux appends the size of the whole.
		if (length === 0 || start + length > frame.length) break;
		blocks.push(decompressBlock(frame.subarray(start, start + length)));
		position = start + length;
	}

	return Buffer.concat(blocks);
}

// Sequences of literals and a match, as in https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
function decompressBlock(input: Buffer): Buffer {
	const output = Buffer.allocUnsafe(blockSize);
	let read = 0;
	let written = 0;

	const next = () => {
		const byte = input[read++];
		if (byte === undefined) throw new RangeError('The LZ4 block ends too early');
		return byte;
	};

	const lengthFrom = (nibble: number) => {
		let length = nibble;
		if (nibble === 15) {
			let byte: number;
			do {
				byte = next();
				length += byte;
			} while (byte === 255);
		}

		return length;
	};

	while (read < input.length) {
		const token = next();
		const literals = lengthFrom(token >> 4);
		if (read + literals > input.length || written + literals > blockSize)
			throw new RangeError('Bad LZ4 literals');
		input.copy(output, written, read, read + literals);
		read += literals;
		written += literals;
		if (read === input.length) break;

		const distance = next() | (next() << 8);
		const length = lengthFrom(token & 15) + 4;
		if (distance === 0 || distance > written || written + length > blockSize)
			throw new RangeError('Bad LZ4 match');
		copyMatch(output, written, distance, length);
		written += length;
	}

	return output.subarray(0, written);
}

// A match may overlap what it produces: «distance 1, length 100» repeats one byte.
function copyMatch(output: Buffer, end: number, distance: number, length: number): void {
	if (distance >= length) {
		output.copyWithin(end, end - distance, end - distance + length);
		return;
	}

	for (let index = end; index < end + length; index++) output[index] = output[index - distance] ?? 0;
}
