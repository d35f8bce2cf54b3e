import stringWidth from 'string-width';

/** Stands where something cannot be shown. */
const standIn = '\uFFFD';
const ellipsis = '…';

/** Nobody reads on beyond this, and what strangers send is not measured without end. */
const longestText = 1000;
const mostCodePointsInGrapheme = 5;

const plain = /^[ -~]*$/;
const blank = /[\s\u0085\u2800]/gu;
/** Flags are pairs of these, and as such of no agreed width; as letters they still say the country. */
const flagLetter = /[\u{1F1E6}-\u{1F1FF}]/gu;
/** What joins, hides, turns or tints other characters: zero-width, bidi controls, selectors, skin tones, keycaps. */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Emoji_Modifier}]|\u20E3/gu;
const unshowable = /[\p{Cc}\p{Cn}\p{Co}\p{Cs}]/gu;
/** Two columns wide in one terminal and one or none in the next: parts of Hangul syllables, counting rods and the like. */
const disputed =
	/[\u1100-\u11FF\u2630-\u2637\u268A-\u268F\u302E\u302F\u3248-\u324F\u4DC0-\u4DFF\uA960-\uA97F\uD7B0-\uD7FF\u{1171E}\u{16FE0}-\u{16FFF}\u{1D300}-\u{1D37F}]/gu;

let segmenter: Intl.Segmenter | undefined;

/** The characters as a person counts them. */
export function graphemes(text: string): string[] {
	if (plain.test(text)) {
		return text.split('');
	}

	// Made when it is first needed: that takes longer than all else that most commands do.
	segmenter ??= new Intl.Segmenter(undefined, {granularity: 'grapheme'});
	return Array.from(segmenter.segment(text), ({segment}) => segment);
}

/**
 * Any text as one line that can be drawn: whoever wrote it, it moves no cursor, hides nothing, turns no direction, and
 * takes the same columns in every terminal. Everything that is drawn goes through here.
 */
export function displayText(text: string): string {
	if (plain.test(text) && text.length <= longestText) {
		return text;
	}

	const shown = text
		.slice(0, longestText)
		.replace(flagLetter, letter => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x1f1e6 + 65))
		.replace(invisible, '')
		.replace(blank, ' ')
		.normalize('NFC')
		.replace(unshowable, standIn)
		.replace(disputed, standIn);
	return plain.test(shown) ? shown : graphemes(shown).map(displayGrapheme).join('');
}

function displayGrapheme(grapheme: string): string {
	if (grapheme.length === 1 && grapheme < '\u0300') {
		return grapheme;
	}

	const codePoints = [...grapheme].slice(0, mostCodePointsInGrapheme);
	const shown = codePoints.join('');
	return hasAgreedWidth(shown, codePoints) ? shown : standIn;
}

/** Ink measures graphemes, most terminals code points. A mark without a letter, or one that takes what follows, is out. */
function hasAgreedWidth(grapheme: string, codePoints: readonly string[]): boolean {
	const [first = 0, ...others] = codePoints.map(codePoint => stringWidth(codePoint));
	return (
		first > 0 &&
		stringWidth(grapheme) === others.reduce((sum, width) => sum + width, first) &&
		graphemes(`${grapheme} `).length === 2
	);
}

/** The columns that a text from `displayText` takes. */
export function displayWidth(text: string): number {
	return plain.test(text) ? text.length : stringWidth(text);
}

/** Cut to at most that many columns, with `…` where something is missing; no character is cut in two. */
export function truncateText(text: string, width: number): string {
	if (displayWidth(text) <= width) {
		return text;
	}

	return width < 1 ? '' : takeColumns(text, width - 1) + ellipsis;
}

/** As much of the beginning as fits. */
export function takeColumns(text: string, width: number): string {
	if (plain.test(text)) {
		return text.slice(0, Math.max(0, width));
	}

	let taken = '';
	let columns = 0;
	for (const grapheme of graphemes(text)) {
		columns += displayWidth(grapheme);
		if (columns > width) {
			break;
		}

		taken += grapheme;
	}

	return taken;
}

/** What is behind these columns. */
export function dropColumns(text: string, width: number): string {
	return text.slice(takeColumns(text, width).length);
}

/** Any text in exactly that many columns. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const shown = truncateText(displayText(text), width);
	const padding = ' '.repeat(Math.max(0, width - displayWidth(shown)));
	return align === 'left' ? shown + padding : padding + shown;
}
