import {type EndingSignal, guardExit} from './exit-guard.js';
import {createFullScreen, type FullScreen} from './full-screen.js';
import {createGatedOutput, type GatedOutput} from './gated-output.js';
import {createKeyboard, type Keyboard} from './keyboard.js';
import {type SizeWatch, watchSize} from './size.js';
import {createSuspension, type Suspension} from './suspension.js';

/** The terminal, as long as it is all ours. */
export type Terminal = Pick<Suspension, 'suspend' | 'handOver'> & {
	keyboard: Keyboard;
	output: GatedOutput;
	size: SizeWatch;
	screen: Pick<FullScreen, 'setMouse'>;
	/** Sends a sequence, such as one for the clipboard. Not for what is drawn. */
	send(sequence: string): void;
	/** Gives it back for good, as it was. */
	close(): Promise<void>;
};

export type TerminalOptions = {
	/** What a person reads about an error that nobody caught, which ends the program. */
	describe(error: unknown): string;
	/** The program is to end: close the terminal, and go. A second signal does not ask. */
	onSignal(signal: EndingSignal): void;
	/** The screen is ours again, after Ctrl-Z or a child. */
	onResumed?: (() => void) | undefined;
	title?: string | undefined;
};

/** Takes the whole terminal: keyboard and screen. It must be one, and not a dumb one. */
export function openTerminal(options: TerminalOptions): Terminal {
	const {stdin, stdout} = process;
	const send = (text: string) => {
		if (!stdout.destroyed) {
			stdout.write(text);
		}
	};
	const keyboard = createKeyboard(stdin);
	const fullScreen = createFullScreen({write: send, title: options.title});
	const output = createGatedOutput({terminal: stdout, write: send});
	const size = watchSize(stdout);
	const restore = () => {
		output.close();
		fullScreen.leave();
		void keyboard.stop();
	};
	const guard = guardExit({...options, restore, streams: [stdin, stdout]});
	const stopHearing = keyboard.onGone(() => guard.terminalGone());
	const suspension = createSuspension({keyboard, fullScreen, output, guard, onResumed: options.onResumed});

	const allowWarnings = holdWarnings();

	process.on('SIGWINCH', output.repaint);
	keyboard.start();
	fullScreen.enter();
	output.open();
	return {
		keyboard,
		output,
		size,
		screen: fullScreen,
		send,
		suspend: suspension.suspend,
		handOver: suspension.handOver,
		async close() {
			restore();
			await keyboard.stop();
			process.off('SIGWINCH', output.repaint);
			allowWarnings();
			for (const part of [suspension, output, size, guard]) {
				part.stop();
			}

			stopHearing();
		},
	};
}

/** Node writes its warnings to stderr, in the middle of the screen. @returns how to tell what was held back */
function holdWarnings(): () => void {
	const held: Error[] = [];
	const hold = (warning: Error) => void held.push(warning);
	const tellers = process.listeners('warning');
	process.removeAllListeners('warning');
	process.on('warning', hold);
	return () => {
		process.off('warning', hold);
		for (const tell of tellers) {
			process.on('warning', tell);
		}

		for (const warning of held) {
			process.emit('warning', warning);
		}
	};
}
