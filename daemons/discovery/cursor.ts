import * as z from 'zod';
import type {Position} from './freshness-order.js';

/* A cursor is the position of the last advertisement of a page: 6 bytes of milliseconds and the 20 of the id. What did
not change in between is on exactly one side of it. */

const timeBytes = 6;
const idBytes = 20;
const cursorLength = Math.ceil(((timeBytes + idBytes) * 4) / 3);

export function writeCursor({updatedMs, providerId}: Position): string {
	const bytes = Buffer.alloc(timeBytes + idBytes);
	bytes.writeUIntBE(updatedMs, 0, timeBytes);
	bytes.write(providerId.slice('0x'.length), timeBytes, 'hex');
	return bytes.toString('base64url');
}

/** Takes what `writeCursor` gave, and nothing else. */
export const cursorSchema = z
	.string()
	.max(cursorLength, 'is no cursor of this server: take it from the Link header of the page before')
	.transform((text, context): Position => {
		const bytes = Buffer.from(text, 'base64url');
		if (bytes.length !== timeBytes + idBytes || bytes.toString('base64url') !== text) {
			context.issues.push({
				code: 'custom',
				input: text,
				message: 'is no cursor of this server: take it from the Link header of the page before',
			});
			return z.NEVER;
		}

		return {
			updatedMs: bytes.readUIntBE(0, timeBytes),
			providerId: `0x${bytes.toString('hex', timeBytes)}`,
		};
	});
