/** Takes out what could move a cursor or change a terminal: texts of strangers end up here. */
export function printable(text: string): string {
	return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
	return text
		.split('\n')
		.map(line => printable(line.replaceAll('\t', '  ')))
		.join('\n');
}

/** The same for JSON, which has another way to write such characters: nothing of it is lost. */
export function printableJson(text: string): string {
	// Those below are escaped in any JSON.
	return text.replaceAll(/[\u007F-\u009F\p{Cf}\p{Zl}\p{Zp}]/gu, character =>
		Array.from(
			{length: character.length},
			(_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
		).join(''),
	);
}
