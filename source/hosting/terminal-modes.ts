import type {ReadStream, WriteStream} from 'node:tty';

const showCursor = '\u001B[?25h';
const hideCursor = '\u001B[?25l';
/** A screen beside the shell's own, which comes back as it was. */
const enterOwnScreen = '\u001B[?1049h\u001B[2J\u001B[H';
const leaveOwnScreen = '\u001B[?1049l';
const stopMs = 50;

/** What a screen of our own changes about a terminal, and changes back. */
export type TerminalModes = {
	enter(): void;
	leave(): void;
	/** Ctrl-Z: gives the terminal back to the shell until that continues this process. */
	suspend(): void;
};

/** @param redraw called when the terminal is ours again */
export function createTerminalModes(
	{stdin, stdout}: {stdin: ReadStream; stdout: WriteStream},
	redraw: () => void,
): TerminalModes {
	let isSuspended = false;
	const giveBack = () => stdout.write(`${leaveOwnScreen}${showCursor}`);
	const resume = () => {
		if (isSuspended) {
			isSuspended = false;
			stdin.setRawMode(true);
			stdout.write(`${enterOwnScreen}${hideCursor}`);
			redraw();
		}
	};
	return {
		enter() {
			stdout.write(enterOwnScreen);
			process.on('SIGCONT', resume);
			// However this process ends, the shell gets its screen.
			process.on('exit', giveBack);
		},
		leave() {
			process.off('SIGCONT', resume);
			process.off('exit', giveBack);
			giveBack();
		},
		suspend() {
			isSuspended = true;
			stdin.setRawMode(false);
			giveBack();
			process.kill(process.pid, 'SIGTSTP');
			// Where no shell is there to continue it, the system does not stop it either.
			setTimeout(resume, stopMs);
		},
	};
}
