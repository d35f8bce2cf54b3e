import type {EventEmitter} from 'node:events';
import fs from 'node:fs';

/** What ends the program from outside. A terminal that vanished counts as a SIGHUP. */
export type EndingSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

export type ExitGuardOptions = {
	/** Puts the terminal back as it was. Must not wait for anything, and may be called more than once. */
	restore(): void;
	/** What a person reads about an error that nobody caught. */
	describe(error: unknown): string;
	/** The program is asked to end; it does so in its own time. Asked once more it is ended. */
	onSignal(signal: EndingSignal): void;
	/** Where a fault means that the terminal is gone. */
	streams: readonly EventEmitter[];
};

export type ExitGuard = {
	/** The terminal is a child's for now: its Ctrl-C and Ctrl-\ are not ours. */
	setAway(isAway: boolean): void;
	/** Nothing can be read or shown any more. */
	terminalGone(): void;
	stop(): void;
};

const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** For how long a program whose terminal is gone may go on. */
const graceMs = 5000;

/** Sees to it that the terminal is usable again, however the program ends; only SIGKILL cannot be helped. */
export function guardExit(options: ExitGuardOptions): ExitGuard {
	const {restore, onSignal, streams} = options;
	let isAway = false;
	let wasAsked = false;
	let isGone = false;

	const terminalGone = () => {
		if (!isGone) {
			isGone = true;
			wasAsked = true;
			setTimeout(() => process.exit(1), graceMs).unref();
			onSignal('SIGHUP');
		}
	};

	const signalled = (signal: EndingSignal) => {
		if (signal === 'SIGHUP') {
			// The kernel and the shell both send one, so the second says nothing new.
			terminalGone();
		} else if (signal !== 'SIGINT' || !isAway) {
			if (wasAsked) {
				endBy(signal);
			}

			wasAsked = true;
			onSignal(signal);
		}
	};

	const endBy = (signal: EndingSignal) => {
		restore();
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	};

	const fail = (error: unknown) => failWith(error, options);
	const quit = () => {
		if (!isAway) {
			restore();
			process.off('SIGQUIT', quit);
			process.kill(process.pid, 'SIGQUIT');
		}
	};

	const stopListening = listen([
		[process, 'exit', restore],
		[process, 'uncaughtException', fail],
		[process, 'unhandledRejection', fail],
		[process, 'SIGQUIT', quit],
		...endingSignals.map(signal => [process, signal, () => signalled(signal)] as const),
		...streams.map(stream => [stream, 'error', terminalGone] as const),
	]);
	return {
		setAway(value) {
			isAway = value;
		},
		terminalGone,
		stop: stopListening,
	};
}

type Listening = readonly [EventEmitter, string, (subject: unknown) => void];

function listen(all: readonly Listening[]): () => void {
	for (const [emitter, event, listener] of all) {
		emitter.on(event, listener);
	}

	return () => {
		for (const [emitter, event, listener] of all) {
			emitter.off(event, listener);
		}
	};
}

/** First the terminal, then the message, which would be gone with the full screen. */
function failWith(error: unknown, {restore, describe}: ExitGuardOptions): never {
	restore();
	try {
		fs.writeSync(process.stderr.fd, `${describe(error)}\n`);
	} catch {
		// Nobody is there to read it.
	}

	process.exit(1);
}
