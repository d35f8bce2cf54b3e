import {isDeepStrictEqual} from 'node:util';
import {Box} from 'ink';
import {memo, useEffect} from 'react';
import {displayText, displayWidth} from '../../components/display-text.js';
import {type Span, TextLine} from '../../components/text-line.js';

/** One row of the screen; texts of strangers are made harmless when they are drawn. */
export type Line = readonly Span[];

export type LinesProps = {
	readonly lines: readonly Line[];
	/** The first one that is seen; further than the end is the end. */
	readonly top?: number;
	readonly width: number;
	readonly height: number;
	/** Do long lines go on in the next row, instead of being cut? */
	readonly wraps?: boolean;
	/** Told the line that is really the first: the end may come before the one that is wanted. */
	readonly onTop?: (top: number) => void;
};

const continuation = '    ';
/** A value goes on under its beginning where so much of it has room there. */
const leastValueColumns = 24;

/** As many of the lines as there is room for; the last row tells of those below. Drawn again only where a line is another one. */
export const Lines = memo(function Lines({
	lines: given,
	top = 0,
	width,
	height,
	wraps = false,
	onTop,
}: LinesProps) {
	const shownLines = given.map(line => line.map(span => ({...span, text: displayText(span.text)})));
	const lines = wraps ? shownLines.flatMap(line => wrapLine(line, width)) : shownLines;
	const first = Math.max(0, Math.min(top, lines.length - height));
	useEffect(() => onTop?.(first), [first, onTop]);
	const seen = lines.slice(first, first + height);
	const below = lines.length - first - height;
	const shown = below > 0 ? [...seen.slice(0, -1), moreLine(below + 1)] : seen;
	return (
		<Box flexDirection="column" width={width} height={height} flexShrink={0} overflow="hidden">
			{shown.map((line, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: rows of the screen have no other identity.
				<TextLine key={index} spans={line} width={width} />
			))}
		</Box>
	);
}, isDeepStrictEqual);

/** Breaks the last piece of a line between words, as often as it takes. */
export function wrapLine(line: Line, width: number): Line[] {
	const last = line.at(-1);
	const before = line.slice(0, -1);
	const indent = before.reduce((sum, {text}) => sum + displayWidth(text), 0);
	if (!last || indent + displayWidth(last.text) <= width) {
		return [line];
	}

	const start = /^ */.exec(last.text)?.[0] ?? '';
	const further =
		indent > 0 && width - indent >= leastValueColumns ? ' '.repeat(indent) : start + continuation;
	const rows: string[] = [];
	let row = start;
	for (const word of last.text.trim().split(' ')) {
		const room = width - (rows.length === 0 ? indent : 0);
		const longer = row.trim() === '' ? row + word : `${row} ${word}`;
		if (row.trim() !== '' && displayWidth(longer) > room) {
			rows.push(row);
			row = further + word;
		} else {
			row = longer;
		}
	}

	return [...rows, row].map((text, index) =>
		index === 0 ? [...before, {...last, text}] : [{...last, text}],
	);
}

function moreLine(count: number): Line {
	return [{text: `  ↓ ${count} more`, style: {dimColor: true}}];
}
