import {Text} from 'ink';
import {displayText, displayWidth, fitText} from './display-text.js';

export type SparklineProps = {
	/** The newest last; undefined where nothing was measured. */
	readonly values: ReadonlyArray<number | undefined>;
	/** Columns for all of it. */
	readonly width: number;
	/** What the lowest and the highest bar stand for; what is seen decides where nothing is said. */
	readonly bounds?: SparklineBounds;
	/** Says behind the line what it goes from and to. */
	readonly describe?: (lowest: number, highest: number) => string;
	readonly color?: string;
};

export type SparklineBounds = {readonly lowest?: number; readonly highest?: number};

const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const middleBar = bars[3];

/** How a number went: a column for each of the latest values, the newest at the right. */
export function Sparkline({values, width, bounds, describe, color = 'cyan'}: SparklineProps) {
	const range = seenRange(values.slice(-Math.max(1, width)), bounds);
	const label = describe && range ? ` ${displayText(describe(range.lowest, range.highest))}` : '';
	const lineWidth = width - displayWidth(label);
	if (lineWidth < 1) {
		return <Text wrap="truncate">{fitText(label.trimStart(), width)}</Text>;
	}

	return (
		<Text wrap="truncate">
			<Text color={color}>{sparklineText(values, lineWidth, range)}</Text>
			{label}
		</Text>
	);
}

/** The line itself, exactly so wide: blank where there is no value, in the middle where all are the same and no bound says which that is. */
export function sparklineText(
	values: ReadonlyArray<number | undefined>,
	width: number,
	bounds: SparklineBounds = {},
): string {
	if (width < 1) {
		return '';
	}

	const seen = values.slice(-width);
	const range = seenRange(seen, bounds);
	return seen
		.map(value => (isMeasured(value) && range ? barOf(value, range, bounds) : ' '))
		.join('')
		.padStart(width);
}

type Range = {readonly lowest: number; readonly highest: number};

function seenRange(
	values: ReadonlyArray<number | undefined>,
	bounds: SparklineBounds = {},
): Range | undefined {
	const measured = values.filter(isMeasured);
	if (measured.length === 0) {
		return undefined;
	}

	return {
		lowest: bounds.lowest ?? measured.reduce((one, other) => Math.min(one, other)),
		highest: bounds.highest ?? measured.reduce((one, other) => Math.max(one, other)),
	};
}

function barOf(value: number, {lowest, highest}: Range, bounds: SparklineBounds): string {
	if (!(highest > lowest)) {
		// All idle is not half of anything.
		return bounds.lowest === undefined ? middleBar : bars[0];
	}

	// Halved, since the distance of two large numbers may be none any more.
	const fraction = (value / 2 - lowest / 2) / (highest / 2 - lowest / 2);
	const step = Math.floor(fraction * bars.length);
	return bars[Math.max(0, Math.min(bars.length - 1, step))] ?? middleBar;
}

function isMeasured(value: number | undefined): value is number {
	return value !== undefined && Number.isFinite(value);
}
