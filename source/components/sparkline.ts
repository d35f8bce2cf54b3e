const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const middleBar = bars[3];

/** What the lowest and the highest bar stand for; what is seen decides where nothing is said. */
export type SparklineBounds = {readonly lowest?: number; readonly highest?: number};

/**
How a number went, the newest at the right, exactly so wide: blank where nothing was measured, in the middle where all
are the same and no bound says which that is.
@param values the newest last; undefined where nothing was measured
*/
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

function seenRange(values: ReadonlyArray<number | undefined>, bounds: SparklineBounds): Range | undefined {
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
