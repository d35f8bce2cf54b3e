import {createHash} from 'node:crypto';

/** A weak tag over what a page says: two pages with the same tag say the same, if not in the same bytes. */
export function entityTag(parts: Iterable<string>): string {
	const hash = createHash('sha256');
	for (const part of parts) {
		hash.update(`${part}\n`);
	}

	return `W/"${hash.digest('base64url').slice(0, 22)}"`;
}

/** Does a caller that sends this `If-None-Match` have what the tag stands for? A proxy may have made it weak or strong. */
export function hasEntity(ifNoneMatch: string | undefined, tag: string): boolean {
	const opaque = (text: string) => text.trim().replace(/^W\//, '');
	return (ifNoneMatch ?? '').split(',').some(known => known.trim() === '*' || opaque(known) === opaque(tag));
}
