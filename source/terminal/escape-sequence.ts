/** A whole escape sequence at the beginning of a text. */
export type Sequence =
	| {kind: 'csi'; length: number; prefix: string; parameters: string; final: string}
	| {kind: 'ss3'; length: number; parameters: string; final: string}
	/** A string, which only a terminal sends. */
	| {kind: 'string'; length: number}
	/** Not a sequence, or one that something broke off: as many characters are of no use. */
	| {kind: 'broken'; length: number};

/** Strings longer than this are not waited for. */
const longestString = 65_536;

/**
Reads the sequence that begins a text, by what may stand in one and not by what is known.
@returns undefined where more characters are needed to tell
*/
export function readSequence(text: string): Sequence | undefined {
	switch (text[1]) {
		case '[':
			return readCsi(text);
		case 'O':
			return readSs3(text);
		default:
			return readString(text);
	}
}

/** The characters that begin a sequence after the escape character. */
export const introducers = '[O]P_';

// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const irregularCsi = /^\u001B\[(?:\[([A-E])|(\d{1,2})(\$))/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const regularCsi = /^\u001B\[([<-?]?)([0-?]*)([ -/]*)([@-~])?/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: sequences begin with one
const regularSs3 = /^\u001BO(\d{0,2})([ @-~])?/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these end a string
const controlCharacter = /[\0-\u001F]/;

function readCsi(text: string): Sequence | undefined {
	// The Linux console's function keys, and rxvt's keys with shift, are none by the rules.
	const irregular = irregularCsi.exec(text);
	if (irregular) {
		const [{length}, consoleKey, parameters = '', dollar = ''] = irregular;
		return consoleKey
			? {kind: 'csi', length, prefix: '[', parameters: '', final: consoleKey}
			: {kind: 'csi', length, prefix: '', parameters, final: dollar};
	}

	if (text === '\u001B[[') {
		return undefined;
	}

	// The old report of the mouse: three characters follow. Such a terminal was asked for the new one, and knows it not.
	if (text.startsWith('\u001B[M')) {
		return text.length < 6 ? undefined : {kind: 'broken', length: 6};
	}

	const match = regularCsi.exec(text);
	const [whole = '', prefix = '', parameters = '', between = '', final] = match ?? [];
	if (final === undefined) {
		return whole.length === text.length ? undefined : {kind: 'broken', length: whole.length};
	}

	return {kind: 'csi', length: whole.length, prefix: prefix + between, parameters, final};
}

function readSs3(text: string): Sequence | undefined {
	const [whole = '', parameters = '', final] = regularSs3.exec(text) ?? [];
	if (final === undefined) {
		return whole.length === text.length ? undefined : {kind: 'broken', length: whole.length};
	}

	return {kind: 'ss3', length: whole.length, parameters, final};
}

function readString(text: string): Sequence | undefined {
	const end = text.slice(2).search(controlCharacter);
	if (end === -1) {
		return text.length > longestString ? {kind: 'broken', length: text.length} : undefined;
	}

	const length = end + 2;
	if (text[length] === '\u0007') {
		return {kind: 'string', length: length + 1};
	}

	if (text[length] !== '\u001B') {
		// Somebody presses Ctrl-C: no string is so important.
		return {kind: 'broken', length};
	}

	if (text.length === length + 1) {
		return undefined;
	}

	return text[length + 1] === '\\' ? {kind: 'string', length: length + 2} : {kind: 'broken', length};
}
