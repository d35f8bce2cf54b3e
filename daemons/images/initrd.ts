/** An entry of an initial ramdisk. */
export type InitrdEntry = {path: string; mode: number; content?: Buffer};

/**
Writes the entries, which then belong to root, as a cpio archive in the «newc» format the kernel reads. Folders come
before what is in them, and have S_IFDIR in their mode.
Format: https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
*/
export function writeInitrd(entries: readonly InitrdEntry[]): Buffer {
	const chunks = entries.flatMap((entry, index) => writeEntry({...entry, inode: index + 1}));
	return Buffer.concat([...chunks, ...writeEntry({path: 'TRAILER!!!', mode: 0, inode: 0})]);
}

function writeEntry({path, mode, content = Buffer.alloc(0), inode}: InitrdEntry & {inode: number}): Buffer[] {
	const name = Buffer.from(`${path}\0`);
	const [uid, gid, links, modified, device, checksum] = [0, 0, 1, 0, 0, 0];
	const fields = [inode, mode, uid, gid, links, modified, content.length]
		.concat([device, device, device, device])
		.concat([name.length, checksum]);
	const header = `070701${fields.map(field => field.toString(16).padStart(8, '0')).join('')}`;
	return [padToFour(Buffer.concat([Buffer.from(header), name])), padToFour(content)];
}

function padToFour(content: Buffer): Buffer {
	return Buffer.concat([content, Buffer.alloc(-content.length & 3)]);
}
