import type {Keyboard} from './keyboard.js';

/** As chalk counts: none, 16, 256 and all. */
export type ColourLevel = 0 | 1 | 2 | 3;

export type Background = 'light' | 'dark';

type Environment = NodeJS.ProcessEnv;

/** NO_COLOR is set, to whatever: https://no-color.org. */
export const wantsNoColour = (environment: Environment): boolean => Boolean(environment['NO_COLOR']);

/** A terminal that can only print, such as one inside an editor. No full screen there. */
export const isDumb = (environment: Environment): boolean =>
	environment['TERM'] === undefined || environment['TERM'] === '' || environment['TERM'] === 'dumb';

/** How many colours there are, by what the terminal says of itself. */
export function colourLevel(environment: Environment): ColourLevel {
	const {TERM: terminal = '', COLORTERM: claim = ''} = environment;
	if (wantsNoColour(environment) || isDumb(environment)) {
		return 0;
	}

	if (/^(?:truecolor|24bit)$/i.test(claim) || /-(?:direct|truecolor)$/.test(terminal)) {
		return 3;
	}

	return /-256(?:color)?$/.test(terminal) ? 2 : 1;
}

/** Somebody listens to the screen: no drawing, no full screen, lines one after the other. */
export function hasScreenReader(environment: Environment, setting?: boolean): boolean {
	return setting ?? environment['INK_SCREEN_READER'] === 'true';
}

/** By the variable of rxvt, Konsole and others: the numbers of the colours of text and background. */
export function backgroundOfEnvironment(environment: Environment): Background | undefined {
	const last = environment['COLORFGBG']?.split(';').at(-1) ?? '';
	if (!/^\d+$/.test(last) || Number(last) > 15) {
		return undefined;
	}

	return Number(last) === 7 || Number(last) >= 9 ? 'light' : 'dark';
}

/** By the terminal's answer to `ESC ] 11 ; ?`: `rgb:` and three numbers of up to four hexadecimal digits. */
export function backgroundOfReport(sequence: string): Background | undefined {
	const match = /\]11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(sequence);
	if (!match) {
		return undefined;
	}

	const [red = 0, green = 0, blue = 0] = match
		.slice(1)
		.map(digits => Number.parseInt(digits, 16) / (16 ** digits.length - 1));
	// What looks how bright to a person: ITU-R BT.709.
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 ? 'light' : 'dark';
}

/**
Asks the terminal for its background. One that says nothing in time is judged by its environment; its answer, if it
still comes, is no key.
@param keyboard must be started: it hears the answer
*/
export async function askBackground({
	keyboard,
	write,
	environment = process.env,
	timeoutMs = 100,
}: {
	keyboard: Pick<Keyboard, 'onReport'>;
	write(text: string): void;
	environment?: Environment;
	timeoutMs?: number;
}): Promise<Background | undefined> {
	const otherwise = backgroundOfEnvironment(environment);
	// The Linux console shows a part of the question.
	if (isDumb(environment) || environment['TERM'] === 'linux') {
		return otherwise;
	}

	return new Promise(resolve => {
		const decide = (background: Background | undefined) => {
			clearTimeout(timer);
			stopListening();
			resolve(background);
		};
		const timer = setTimeout(() => decide(otherwise), timeoutMs);
		const stopListening = keyboard.onReport(({sequence}) => {
			const background = backgroundOfReport(sequence);
			if (background) {
				decide(background);
			}
		});
		write('\u001B]11;?\u001B\\');
	});
}
