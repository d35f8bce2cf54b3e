/** What somebody typed to find something: each word must be found, none of the unwanted (`!word`) may be. */
export type FuzzyQuery = {
	readonly words: readonly string[];
	readonly unwanted: readonly string[];
};

export type FuzzyMatch = {
	/** The higher, the better. */
	readonly score: number;
	/** The code points of the text that were matched. */
	readonly positions: readonly number[];
};

/** What is longer is not looked at: time goes with the product of both. */
const longestWord = 50;
const longestText = 250;

const points = {textStart: 9, wordStart: 8, afterPrevious: 6, gap: -2} as const;

export function parseQuery(text: string): FuzzyQuery {
	const words = text.toLowerCase().split(/\s+/).filter(Boolean);
	return {
		words: words.filter(word => !word.startsWith('!')),
		unwanted: words.filter(word => word.startsWith('!') && word.length > 1).map(word => word.slice(1)),
	};
}

/**
 * Is each word found in one of the fields, and none of the unwanted? Wanted words may leave out letters, unwanted ones
 * may not, else hardly anything would be left.
 */
export function matchesQuery({words, unwanted}: FuzzyQuery, fields: readonly string[]): boolean {
	if (words.length === 0 && unwanted.length === 0) {
		return true;
	}

	const lower = fields.map(field => field.toLowerCase());
	return (
		words.every(word => lower.some(field => isSubsequence(word, field))) &&
		!unwanted.some(word => lower.some(field => field.includes(word)))
	);
}

function isSubsequence(word: string, text: string): boolean {
	let from = 0;
	for (const letter of word) {
		const found = text.indexOf(letter, from);
		if (found === -1) {
			return false;
		}

		from = found + letter.length;
	}

	return true;
}

/** How well a text answers; undefined if it does not. */
export function scoreQuery({words, unwanted}: FuzzyQuery, text: string): FuzzyMatch | undefined {
	const lower = text.toLowerCase();
	if (unwanted.some(word => lower.includes(word))) {
		return undefined;
	}

	let score = 0;
	const positions = new Set<number>();
	for (const word of words) {
		const match = scoreWord(word, text);
		if (!match) {
			return undefined;
		}

		score += match.score;
		for (const position of match.positions) {
			positions.add(position);
		}
	}

	return {score, positions: [...positions].sort((one, other) => one - other)};
}

/** The best way to find a word's letters in a text, in their order: neighbours and beginnings of words count most. */
export function scoreWord(word: string, text: string): FuzzyMatch | undefined {
	const wanted = [...word.toLowerCase()];
	const original = [...text].slice(0, longestText);
	const letters = original.map(letter => letter.toLowerCase());
	if (wanted.length > longestWord || wanted.length > letters.length) {
		return undefined;
	}

	if (wanted.length === 0) {
		return {score: 0, positions: []};
	}

	const worth = letters.map((_, position) => worthOf(original, position));
	const rows: Cell[][] = [];
	for (const letter of wanted) {
		rows.push(scoreLetter(letter, letters, worth, rows.at(-1)));
	}

	return bestPath(rows);
}

/** The best score with this letter matched here, and where the letter before it was. */
type Cell = {readonly score: number; readonly from: number} | undefined;

function scoreLetter(
	wanted: string,
	letters: readonly string[],
	worth: readonly number[],
	before: readonly Cell[] | undefined,
): Cell[] {
	let best: Cell;
	return letters.map((letter, position): Cell => {
		const previous = before?.[position - 1];
		const earlier = before?.[position - 2];
		if (earlier && (!best || earlier.score >= best.score)) {
			best = {score: earlier.score, from: position - 2};
		}

		if (letter !== wanted) {
			return undefined;
		}

		const value = worth[position] ?? 0;
		if (!before) {
			return {score: value, from: -1};
		}

		const next = previous && {score: previous.score + points.afterPrevious + value, from: position - 1};
		const apart = best && {score: best.score + points.gap + value, from: best.from};
		return next && (!apart || next.score >= apart.score) ? next : apart;
	});
}

function bestPath(rows: readonly Cell[][]): FuzzyMatch | undefined {
	let end = -1;
	let score = Number.NEGATIVE_INFINITY;
	for (const [position, cell] of (rows.at(-1) ?? []).entries()) {
		if (cell && cell.score > score) {
			score = cell.score;
			end = position;
		}
	}

	if (end === -1) {
		return undefined;
	}

	const positions: number[] = [];
	for (let row = rows.length - 1; row >= 0; row -= 1) {
		positions.unshift(end);
		end = rows[row]?.[end]?.from ?? -1;
	}

	return {score, positions};
}

function worthOf(letters: readonly string[], position: number): number {
	const letter = letters[position] ?? '';
	const before = letters[position - 1];
	if (before === undefined) {
		return points.textStart;
	}

	const isStart =
		(isWordCharacter(letter) && !isWordCharacter(before)) ||
		(/\p{Lu}/u.test(letter) && /\p{Ll}/u.test(before)) ||
		(/\d/.test(letter) && !/\d/.test(before));
	return isStart ? points.wordStart : 1;
}

function isWordCharacter(letter: string): boolean {
	return /[\p{L}\p{N}]/u.test(letter);
}
