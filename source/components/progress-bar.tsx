import {type Span, TextLine} from './text-line.js';

export type ProgressBarProps = {
	/** From 0 to 1. */
	readonly fraction: number;
	/** Columns of the bar itself. */
	readonly width: number;
	/** What the part that is done, and the rest, are drawn with. */
	readonly symbols: {readonly full: string; readonly empty: string};
	/** What stands after it. */
	readonly after: readonly Span[];
};

/** A bar in a row of its own. Only a whole is drawn as whole, and only nothing as nothing. */
export function ProgressBar({fraction, width, symbols, after}: ProgressBarProps) {
	const full = filledColumns(fraction, width);
	return (
		<TextLine
			spans={[
				{text: symbols.full.repeat(full), style: {color: 'green'}},
				{text: symbols.empty.repeat(width - full), style: {dimColor: true}},
				...after,
			]}
		/>
	);
}

/** How many of the columns are done. */
export function filledColumns(fraction: number, width: number): number {
	if (!(fraction > 0) || width <= 0) {
		return 0;
	}

	return fraction >= 1 ? width : Math.min(width - 1, Math.max(1, Math.round(fraction * width)));
}
