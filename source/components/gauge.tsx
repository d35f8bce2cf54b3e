import {Text} from 'ink';
import {displayText, displayWidth, fitText} from './display-text.js';

export type GaugeProps = {
	readonly label: string;
	/** 0 is nothing, 1 is all; undefined where nobody knows. */
	readonly fraction: number | undefined;
	/** Columns for all of it. */
	readonly width: number;
	readonly color?: string;
};

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const percentWidth = ' 100 %'.length;
/** A bar of fewer columns says less than the number beside it. */
const shortestBar = 3;

/** How much of something is used: `CPU ▕████▎     ▏ 43 %`. */
export function Gauge({label, fraction, width, color = 'green'}: GaugeProps) {
	const {before, bar, after} = gaugeParts(label, fraction, width);
	return (
		<Text wrap="truncate">
			{before}
			<Text color={color}>{bar}</Text>
			{after}
		</Text>
	);
}

/** Its pieces, together exactly as wide as wanted. */
export function gaugeParts(
	label: string,
	fraction: number | undefined,
	width: number,
): {before: string; bar: string; after: string} {
	const name = displayText(label);
	const percent = percentText(fraction);
	const before = name === '' ? '▕' : `${name} ▕`;
	const barWidth = width - displayWidth(before) - '▏'.length - percentWidth;
	if (barWidth < shortestBar) {
		return {before: fitText(`${name}${percent}`.trimStart(), width), bar: '', after: ''};
	}

	return {before, bar: barText(fraction ?? 0, barWidth), after: `▏${percent.padStart(percentWidth)}`};
}

/** A bar in steps of an eighth of a column: only all is drawn as all, and only nothing as nothing. */
export function barText(fraction: number, width: number): string {
	const steps = Math.max(0, width) * 8;
	const filled =
		!(fraction > 0) || steps === 0
			? 0
			: fraction >= 1
				? steps
				: Math.min(steps - 1, Math.max(1, Math.round(fraction * steps)));
	return ('█'.repeat(Math.floor(filled / 8)) + eighths[filled % 8]).padEnd(Math.max(0, width));
}

function percentText(fraction: number | undefined): string {
	if (fraction === undefined || !Number.isFinite(fraction)) {
		return ' – %';
	}

	const percent = Math.max(0, fraction * 100);
	// 99.6 % is not all of it.
	const shown = percent > 99 && percent < 100 ? 99 : Math.round(percent);
	return ` ${Math.min(999, shown)} %`;
}
