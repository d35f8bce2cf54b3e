/**
Makes one command line for a remote shell of a list of words, so that each arrives as it was given here.
*/
export function quoteForShell(words: readonly string[]): string {
	return words
		.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
		.join(' ');
}
