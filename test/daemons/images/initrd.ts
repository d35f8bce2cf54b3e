import test from 'ava';
import {type InitrdEntry, writeInitrd} from '../../../daemons/images/initrd.js';

/** Reads an archive the way the kernel does: by the fields' places, every part at a multiple of four. */
function readEntries(archive: Buffer): InitrdEntry[] {
	const entries: InitrdEntry[] = [];
	let position = 0;
	while (position < archive.length) {
		const field = (index: number) => {
			const start = position + 6 + index * 8;
			return Number.parseInt(archive.toString('latin1', start, start + 8), 16);
		};
		const [mode, size, nameLength] = [field(1), field(6), field(11)];
		const nameStart = position + 110;
		const contentStart = Math.ceil((nameStart + nameLength) / 4) * 4;
		const content = archive.subarray(contentStart, contentStart + size);
		entries.push({path: archive.toString('utf8', nameStart, nameStart + nameLength - 1), mode, content});
		position = Math.ceil((contentStart + size) / 4) * 4;
	}

	return entries;
}

test('an initrd has its entries in order, whatever their lengths, and a trailer', t => {
	const files = ['', 'a', 'ab', 'abc', 'abcd'].map(text => ({
		path: `files/${text}`,
		mode: 0o100640,
		content: Buffer.from(text),
	}));
	const archive = writeInitrd([{path: 'files', mode: 0o040755}, ...files]);
	t.is(archive.toString('latin1', 0, 6), '070701');
	t.deepEqual(readEntries(archive), [
		{path: 'files', mode: 0o040755, content: Buffer.alloc(0)},
		...files,
		{path: 'TRAILER!!!', mode: 0, content: Buffer.alloc(0)},
	]);
});
