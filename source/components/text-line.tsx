import chalk, {type ForegroundColorName, foregroundColorNames} from 'chalk';
import {Text, Transform} from 'ink';
import {memo} from 'react';
import {displayWidth, truncateText} from './display-text.js';

export type TextStyle = {
	readonly color?: string;
	readonly bold?: boolean;
	readonly dimColor?: boolean;
	readonly inverse?: boolean;
};

/** A piece of a row that looks the same throughout. */
export type Span = {readonly text: string; readonly style?: TextStyle};

export type TextLineProps = {
	readonly spans: readonly Span[];
	/** Then the row is exactly so wide, and may change for days. */
	readonly width?: number;
};

/** One row of the screen, cut where the screen ends. */
export function TextLine({spans, width}: TextLineProps) {
	if (width !== undefined) {
		return <FixedLine text={styledText(spans, width)} width={width} />;
	}

	// An empty text would take no row at all.
	const shown = spans.some(({text}) => text !== '') ? spans : [{text: ' '}];
	return (
		<Text wrap="truncate">
			{shown.map(({text, style}, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: spans have no identity; they are drawn anew each time.
				<Text key={index} {...style}>
					{text}
				</Text>
			))}
		</Text>
	);
}

/** Ink keeps every text that it has ever measured; so it is given blanks to measure, and the row to draw. */
const FixedLine = memo(function FixedLine({text, width}: {readonly text: string; readonly width: number}) {
	return <Transform transform={() => text}>{' '.repeat(Math.max(1, width))}</Transform>;
});

/** The row with its styles, in exactly that many columns. */
function styledText(spans: readonly Span[], width: number): string {
	let left = width;
	const pieces = spans.map(({text, style = {}}) => {
		const shown = left > 0 ? truncateText(text, left) : '';
		left -= displayWidth(shown);
		return shown === '' ? '' : applyStyle(shown, style);
	});
	return pieces.join('') + ' '.repeat(Math.max(0, left));
}

function applyStyle(text: string, {color, bold, dimColor, inverse}: TextStyle): string {
	const paint = [
		color && isColorName(color) ? chalk[color] : undefined,
		bold ? chalk.bold : undefined,
		dimColor ? chalk.dim : undefined,
		inverse ? chalk.inverse : undefined,
	];
	return paint.reduce((painted, apply) => (apply ? apply(painted) : painted), text);
}

const isColorName = (name: string): name is ForegroundColorName =>
	(foregroundColorNames as readonly string[]).includes(name);

/** Neighbours that look the same become one span: a row of a hundred cells is drawn as a few. */
export function joinSpans(spans: readonly Span[]): Span[] {
	const joined: Span[] = [];
	for (const span of spans) {
		const last = joined.at(-1);
		if (last && isSameStyle(last.style, span.style)) {
			joined[joined.length - 1] = {...last, text: last.text + span.text};
		} else {
			joined.push(span);
		}
	}

	return joined;
}

function isSameStyle(one: TextStyle = {}, other: TextStyle = {}): boolean {
	return (
		one.color === other.color &&
		one.bold === other.bold &&
		one.dimColor === other.dimColor &&
		one.inverse === other.inverse
	);
}
