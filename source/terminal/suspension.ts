import {createSerialQueue} from '../platform/waiting.js';
import type {ExitGuard} from './exit-guard.js';
import type {FullScreen} from './full-screen.js';
import type {GatedOutput} from './gated-output.js';
import type {InputEvent} from './input-event.js';
import type {Keyboard} from './keyboard.js';
import {saveTtyMode} from './tty-mode.js';

/** Giving the terminal to others, and taking it back. One at a time; the next one waits. */
export type Suspension = {
	/** Stops this program as Ctrl-Z does, until its shell lets it go on. */
	suspend(): Promise<void>;
	/**
	Gives the terminal to a child process until `run` has ended. Every key typed meanwhile is the child's.
	@param run starts the child with `stdio: 'inherit'` and waits for it. It is told what was typed in one breath with
	the key that led here: read already, and meant for the child, which cannot have it any more.
	@returns what `run` does, or throws it, when the screen is ours again
	*/
	handOver<Result>(run: (typedAhead: readonly InputEvent[]) => Promise<Result>): Promise<Result>;
	stop(): void;
};

export type SuspensionOptions = {
	keyboard: Keyboard;
	fullScreen: FullScreen;
	output: Pick<GatedOutput, 'open' | 'close'>;
	guard: Pick<ExitGuard, 'setAway'>;
	/** The screen is ours again, after a stop or a child. */
	onResumed?: (() => void) | undefined;
};

/** A process group that no shell watches cannot be stopped: it goes on at once. */
const notStoppedMs = 100;

/** The end of a child may be told before the Ctrl-C that ended it. In raw mode no key sends a signal. */
const lateSignalMs = 250;

export function createSuspension(options: SuspensionOptions): Suspension {
	const {keyboard, fullScreen, output, guard} = options;
	const inTurn = createSerialQueue();
	let isOurs = true;
	let isStopped = false;
	let timer: NodeJS.Timeout | undefined;

	const giveUp = async () => {
		isOurs = false;
		output.close();
		const typedAhead = await keyboard.stop();
		fullScreen.leave();
		return typedAhead;
	};

	const takeBack = () => {
		if (isStopped) {
			return;
		}

		// First the keyboard: a program in the background is stopped by the attempt, before it draws over the shell.
		keyboard.start();
		fullScreen.enter();
		isOurs = true;
		output.open();
		// The size may have changed while nobody told us.
		process.kill(process.pid, 'SIGWINCH');
		options.onResumed?.();
	};

	const suspend = () =>
		inTurn(async () => {
			await giveUp();
			ignore();
			await stopGroup();
			watch();
			takeBack();
		});

	const suspendAll = () => void suspend();

	/** Somebody stopped us without asking (SIGSTOP), and a shell has had the terminal since. */
	const continued = () => {
		if (isOurs) {
			void inTurn(async () => {
				await keyboard.stop();
				takeBack();
			});
		}
	};

	const watch = () => {
		if (!isStopped) {
			process.on('SIGTSTP', suspendAll).on('SIGCONT', continued);
		}
	};
	const ignore = () => {
		process.off('SIGTSTP', suspendAll).off('SIGCONT', continued);
	};

	watch();
	return {
		suspend,
		handOver: run =>
			inTurn(async () => {
				ignore();
				clearTimeout(timer);
				guard.setAway(true);
				const typedAhead = await giveUp();
				const restoreMode = saveTtyMode();
				try {
					return await run(typedAhead);
				} finally {
					restoreMode();
					watch();
					takeBack();
					timer = setTimeout(() => guard.setAway(false), lateSignalMs).unref();
				}
			}),
		stop() {
			isStopped = true;
			ignore();
		},
	};
}

/** Stops all that the shell started with us, as Ctrl-Z would have. */
async function stopGroup(): Promise<void> {
	await new Promise<void>(resolve => {
		const goOn = () => {
			clearTimeout(timer);
			process.off('SIGCONT', goOn);
			resolve();
		};
		process.once('SIGCONT', goOn);
		process.kill(0, 'SIGTSTP');
		const timer = setTimeout(goOn, notStoppedMs);
	});
}
