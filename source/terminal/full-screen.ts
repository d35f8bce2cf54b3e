/** The whole screen of a terminal for one program, until it is left as it was. */
export type FullScreen = {
	/** Takes the screen. Once more where it is taken already does so anew, for a terminal that somebody else used. */
	enter(): void;
	/** Puts back everything that was changed, and nothing else. Leaving twice is fine. */
	leave(): void;
	/** Off at first: with it on, the terminal's own marking and copying needs shift held down. */
	setMouse(isOn: boolean): void;
};

export type FullScreenOptions = {
	/** Sends text to the terminal. */
	write(text: string): void;
	/** What the window is called meanwhile. */
	title?: string | undefined;
};

const set = (...modes: number[]) => modes.map(mode => `\u001B[?${mode}h`).join('');
const reset = (...modes: number[]) => modes.map(mode => `\u001B[?${mode}l`).join('');

const alternateScreen = 1049;
const cursor = 25;
const wrapping = 7;
const bracketedPaste = 2004;
/** Presses and wheel; movement with a button held; and a form that knows more than 223 columns. */
const mouse = [1000, 1002, 1006];

const plainStyle = '\u001B[0m';
const endSynchronized = '\u001B[?2026l';

/** The full screen of the terminal that `write` leads to. Nothing of it clears what is there. */
export function createFullScreen({write, title}: FullScreenOptions): FullScreen {
	let isEntered = false;
	let hasMouse = false;
	const entering = set(alternateScreen) + reset(cursor, wrapping) + set(bracketedPaste);
	const leaving = endSynchronized + plainStyle + reset(bracketedPaste) + set(wrapping, cursor);
	// The terminal keeps its own title meanwhile.
	const plainTitle = title?.replaceAll(/\p{Cc}/gu, '');
	const pushTitle = plainTitle === undefined ? '' : `\u001B[22;2t\u001B]2;${plainTitle}\u0007`;
	const popTitle = plainTitle === undefined ? '' : '\u001B[23;2t';

	return {
		enter() {
			write((isEntered ? '' : pushTitle) + entering + (hasMouse ? set(...mouse) : ''));
			isEntered = true;
		},
		leave() {
			if (isEntered) {
				isEntered = false;
				write((hasMouse ? reset(...mouse.toReversed()) : '') + leaving + reset(alternateScreen) + popTitle);
			}
		},
		setMouse(isOn) {
			if (isEntered && isOn !== hasMouse) {
				write(isOn ? set(...mouse) : reset(...mouse.toReversed()));
			}

			hasMouse = isOn;
		},
	};
}
