import {GolemError} from '../platform/golem-error.js';

/** Terminals throw away what is longer than they like, and say nothing. */
const maxBytes = 100_000;
/** GNU screen passes on strings of up to 768 characters. */
const screenPieceLength = 512;

/**
What to send to the terminal for it to put a text into the clipboard of the machine it stands on (OSC 52), also from far
away. Whether it does, it does not say.
@param environment tells what is between us and the terminal
@throws where the text is too long
*/
export function clipboardSequence(
	text: string,
	{environment = process.env}: {environment?: NodeJS.ProcessEnv} = {},
): string {
	const bytes = Buffer.from(text);
	if (bytes.length > maxBytes) {
		throw new GolemError(
			'CLIPBOARD_TOO_LONG',
			`${bytes.length} bytes are too many for the clipboard, which takes ${maxBytes}.`,
			{hint: 'Write it to a file instead.', details: {bytes: bytes.length, maxBytes}},
		);
	}

	const sequence = `\u001B]52;c;${bytes.toString('base64')}\u0007`;
	if (environment['TMUX']) {
		// tmux takes the first for itself and tells the terminal, or lets the second one through: that is its user's choice.
		return `${sequence}\u001BPtmux;${sequence.replaceAll('\u001B', '\u001B\u001B')}\u001B\\`;
	}

	return environment['STY'] ? throughScreen(sequence) : sequence;
}

/** Each piece in an envelope, which screen takes off. */
const throughScreen = (sequence: string) =>
	(sequence.match(new RegExp(`.{1,${screenPieceLength}}`, 'gsu')) ?? [])
		.map(piece => `\u001BP${piece}\u001B\\`)
		.join('');
