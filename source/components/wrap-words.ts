/**
Breaks a text between words, so that no line is longer than the width unless a word of it is. Lines after the first are
as far in as the text itself, and by the continuation more.
*/
export function wrapWords(text: string, width: number, continuation = ''): string[] {
	const indent = /^ */.exec(text)?.[0] ?? '';
	const [first = '', ...words] = text.trim().split(/\s+/);
	const lines = [indent + first];
	for (const word of words) {
		const longer = `${lines.at(-1)} ${word}`;
		if (longer.length <= width) {
			lines[lines.length - 1] = longer;
		} else {
			lines.push(indent + continuation + word);
		}
	}

	return lines;
}
