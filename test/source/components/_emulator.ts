import headless from '@xterm/headless';

/** What terminals in use hold to be two columns wide, by their own count and not by what the components ask. */
const wideRanges = [
	[0x1100, 0x115f],
	[0x2329, 0x232a],
	[0x2e80, 0x303e],
	[0x3041, 0x4dbf],
	[0x4e00, 0xa4cf],
	[0xa960, 0xa97f],
	[0xac00, 0xd7a3],
	[0xf900, 0xfaff],
	[0xfe10, 0xfe19],
	[0xfe30, 0xfe6f],
	[0xff01, 0xff60],
	[0xffe0, 0xffe6],
	[0x16fe0, 0x18dff],
	[0x1aff0, 0x1b2ff],
	[0x1f200, 0x1f265],
	[0x20000, 0x3fffd],
] as const;

function columnsOf(codePoint: number): 0 | 1 | 2 {
	const character = String.fromCodePoint(codePoint);
	if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) {
		return 0;
	}

	const isWide =
		/\p{Emoji_Presentation}/u.test(character) ||
		wideRanges.some(([first, last]) => codePoint >= first && codePoint <= last);
	return isWide ? 2 : 1;
}

/** The emulator's own tables are of 2010 and know no emoji; this one knows them, code point by code point. */
const modernWidths = {
	version: 'modern',
	wcwidth: columnsOf,
	charProperties(codePoint: number, preceding: number): number {
		const width = columnsOf(codePoint);
		const joinsWidth = width === 0 && preceding !== 0 ? (preceding >> 1) & 3 : 0;
		return (Math.max(width, joinsWidth) << 1) | (joinsWidth > 0 ? 1 : 0);
	},
};

/** A terminal of so many columns in which a text has been written: where its cursor is, and what can be read. */
export async function written(
	text: string,
	columns: number,
): Promise<{column: number; row: number; lines: string[]; isChanged: boolean}> {
	const emulator = new headless.Terminal({cols: columns, rows: 3, allowProposedApi: true});
	emulator.unicode.register(modernWidths);
	emulator.unicode.activeVersion = modernWidths.version;
	let isChanged = false;
	for (const event of [emulator.onTitleChange, emulator.onBell, emulator.onData]) {
		event(() => {
			isChanged = true;
		});
	}

	await new Promise<void>(resolve => {
		emulator.write(text, resolve);
	});
	const {active} = emulator.buffer;
	const lines = [0, 1, 2].map(row => active.getLine(row)?.translateToString(true) ?? '');
	const found = {column: active.cursorX, row: active.cursorY + active.baseY, lines, isChanged};
	emulator.dispose();
	return found;
}
