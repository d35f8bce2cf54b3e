import type {Size} from './size.js';

/** Where the cursor stands, counted from 0. */
export type CursorPosition = {x: number; y: number};

/** Draws whole frames, sending only the lines that changed. */
export type FramePainter = {
	/** What to send for the screen to show that; nothing where it does. */
	paint(frame: Frame): string;
	/** The screen shows something else now: the next frame is drawn whole. */
	forget(): void;
};

export type Frame = {
	lines: readonly string[];
	size: Size;
	/** Where a text is typed; it is hidden otherwise. */
	cursor: CursorPosition | undefined;
};

const beginSynchronized = '\u001B[?2026h';
const endSynchronized = '\u001B[?2026l';
const plainStyle = '\u001B[0m';
const eraseLine = '\u001B[2K';
const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
const moveTo = (x: number, y: number) => `\u001B[${y + 1};${x + 1}H`;

/**
A painter for a screen of which nothing is known. Each line goes to its own place and is erased before it is drawn, so
nothing scrolls, the last line can be used, and nothing outside of the lines that changed is touched.
*/
export function createFramePainter(): FramePainter {
	let shown: readonly string[] | undefined;
	let shownCursor = '';
	return {
		paint({lines, size, cursor}) {
			const drawn = Array.from({length: size.rows}, (_, row) => lines[row] ?? '');
			const before = shown?.length === size.rows ? shown : undefined;
			const changes = drawn
				.map((line, row) => (line === before?.[row] ? '' : moveTo(0, row) + plainStyle + eraseLine + line))
				.join('');
			const placed = cursor ? moveTo(cursor.x, cursor.y) + showCursor : '';
			if (changes === '' && placed === shownCursor) {
				return '';
			}

			shown = drawn;
			shownCursor = placed;
			return `${beginSynchronized}${hideCursor}${changes}${plainStyle}${placed}${endSynchronized}`;
		},
		forget() {
			shown = undefined;
		},
	};
}
