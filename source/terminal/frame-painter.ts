import type {Size} from './size.js';

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
};

const beginSynchronized = '\u001B[?2026h';
const endSynchronized = '\u001B[?2026l';
const plainStyle = '\u001B[0m';
const eraseLine = '\u001B[2K';
/** To its beginning; rows are counted from 0. */
const moveToRow = (row: number) => `\u001B[${row + 1};1H`;

/**
A painter for a screen of which nothing is known. Each line goes to its own place and is erased before it is drawn, so
nothing scrolls, the last line can be used, and nothing outside of the lines that changed is touched.
*/
export function createFramePainter(): FramePainter {
	let shown: readonly string[] | undefined;
	return {
		paint({lines, size}) {
			const drawn = Array.from({length: size.rows}, (_, row) => lines[row] ?? '');
			const before = shown?.length === size.rows ? shown : undefined;
			const changes = drawn
				.map((line, row) => (line === before?.[row] ? '' : moveToRow(row) + plainStyle + eraseLine + line))
				.join('');
			if (changes === '') {
				return '';
			}

			shown = drawn;
			return `${beginSynchronized}${changes}${plainStyle}${endSynchronized}`;
		},
		forget() {
			shown = undefined;
		},
	};
}
