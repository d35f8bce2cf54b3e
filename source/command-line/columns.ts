import {wrapWords} from '../components/wrap-words.js';

/** What fits everywhere. */
const textWidth = 80;
/** Rows whose left sides are longer than that have their right sides below. */
const leftWidth = 28;

/** Rows of two, the second ones below each other, broken where a line would get too long. */
export function columns(rows: ReadonlyArray<readonly [left: string, right: string]>): string[] {
	const widest = Math.max(...rows.map(([left]) => left.length).filter(length => length <= leftWidth));
	const start = Math.max(0, widest) + 4;
	return rows.flatMap(([left, right]) => {
		const isLong = left.length + 4 > start;
		const lines = wrapWords(right, textWidth - start).map(line => ' '.repeat(start) + line);
		return isLong
			? [`  ${left}`, ...lines]
			: [`  ${left}${lines[0]?.slice(left.length + 2)}`, ...lines.slice(1)];
	});
}
