import type {Outcome} from './command.js';
import type {Context} from './context.js';

/** One run of the terminal app. */
export type TerminalSession = {
	context: Context;
	/** The command at work; set by the app once it has begun. */
	running: Promise<Outcome> | undefined;
	/** Called when the app no longer draws. */
	onUnmount: () => void;
};

let current: TerminalSession | undefined;

/**
What the front hands to the terminal app. Pastel builds the app itself, from the files in `commands/`, and passes
nothing along; so this one value lies between them.
*/
export function beginTerminalSession(session: TerminalSession): void {
	current = session;
}

export function currentTerminalSession(): TerminalSession {
	if (!current) {
		throw new Error('The terminal app was started without its front.');
	}

	return current;
}
