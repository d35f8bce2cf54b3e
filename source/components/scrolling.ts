/** Where a list's window begins, so that the one at `index` is seen and no room is left unused at the end. */
export function scrollTo(
	index: number,
	{top, height, count}: {readonly top: number; readonly height: number; readonly count: number},
): number {
	const rows = Math.max(1, height);
	const visible = Math.min(Math.max(top, index - rows + 1), Math.max(0, index));
	return Math.max(0, Math.min(visible, count - rows));
}

/** The nearest number in 0 … count − 1. */
export function clampIndex(index: number, count: number): number {
	return Math.max(0, Math.min(index, count - 1));
}
