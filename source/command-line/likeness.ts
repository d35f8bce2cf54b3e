/** Those of the names that look like what was typed, the likeliest first. */
export function namesLike(typed: string, names: readonly string[], maximumDistance = 3): string[] {
	return names
		.map(name => ({name, distance: editDistance(typed, name)}))
		.filter(({name, distance}) => distance <= Math.min(maximumDistance, Math.floor(name.length / 2)))
		.sort((a, b) => a.distance - b.distance)
		.slice(0, 3)
		.map(({name}) => name);
}

/** Letters to add, drop or change to make one word of the other (Levenshtein). */
export function editDistance(from: string, to: string): number {
	let row = Array.from({length: to.length + 1}, (_, index) => index);
	for (const [i, letter] of [...from].entries()) {
		let diagonal = i;
		const next = [i + 1];
		for (const [j, other] of [...to].entries()) {
			const above = row[j + 1] ?? 0;
			next.push(Math.min(above + 1, (next[j] ?? 0) + 1, diagonal + (letter === other ? 0 : 1)));
			diagonal = above;
		}

		row = next;
	}

	return row[to.length] ?? 0;
}
