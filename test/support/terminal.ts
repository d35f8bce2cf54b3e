import headless from '@xterm/headless';
import {spawn} from 'node-pty';
import {golemEnvironment, golemProgram} from './golem.js';
import {eventually, whenTrue} from './waiting.js';

export type TerminalOptions = {
	/** `GOLEM_HOME`. */
	home: string;
	environment?: Record<string, string>;
	columns?: number;
	rows?: number;
};

/** A real terminal with `golem` in it: a pty, and an emulator that draws what a person would see. */
export type Terminal = {
	/** The lines of the screen, without what scrolled away. */
	screen(): string[];
	/** All lines, from the first that was ever drawn. */
	history(): string[];
	/** Everything that came through the pty, control sequences included. */
	raw(): string;
	/** Waits until the screen shows that. */
	shows(what: string | RegExp, timeoutMs?: number): Promise<void>;
	press(keys: string): void;
	resize(size: {columns: number; rows: number}): void;
	hasEnded(): boolean;
	/** Its exit status. */
	ended(timeoutMs?: number): Promise<number>;
	/** Takes the terminal away, as a window that is closed does. */
	hangUp(): void;
	/** Ends what runs in it; a program that has ended by itself is fine. */
	close(): void;
};

export const keys = {
	enter: '\r',
	down: '\u001B[B',
	up: '\u001B[A',
	escape: '\u001B',
	ctrlC: '\u0003',
	ctrlD: '\u0004',
} as const;

/** Starts `golem` in a terminal of that size; 80 × 24 where nothing is said. */
export function openTerminal(
	args: readonly string[],
	{home, environment = {}, columns = 80, rows = 24}: TerminalOptions,
): Terminal {
	const emulator = new headless.Terminal({cols: columns, rows, scrollback: 5000, allowProposedApi: true});
	const process_ = spawn(process.execPath, [golemProgram, ...args], {
		name: 'xterm-256color',
		cols: columns,
		rows,
		cwd: home,
		env: golemEnvironment({home, environment: {TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment}}),
	});
	let raw = '';
	let exitCode: number | undefined;
	process_.onData(data => {
		raw += data;
		emulator.write(data);
	});
	// What the program asks the terminal (where the cursor is, what it can) is answered as a terminal does.
	emulator.onData(answer => process_.write(answer));
	process_.onExit(end => {
		exitCode = end.exitCode;
	});

	const lines = (from: number) => {
		const {active} = emulator.buffer;
		return Array.from({length: active.baseY + emulator.rows - from}, (_, index) =>
			(active.getLine(from + index)?.translateToString(true) ?? '').trimEnd(),
		);
	};
	const screen = () => lines(emulator.buffer.active.baseY);

	return {
		screen,
		history: () => lines(0),
		raw: () => raw,
		async shows(what, timeoutMs = 15_000) {
			const isShown = () => {
				const text = screen().join('\n');
				return typeof what === 'string' ? text.includes(what) : what.test(text);
			};
			await eventually(`the screen shows ${what}`, () => whenTrue(isShown()), timeoutMs).catch(
				(error: unknown) => {
					const end = exitCode === undefined ? '' : ` (ended with ${exitCode})`;
					throw new Error(`${error instanceof Error ? error.message : error}${end}\n${screen().join('\n')}`);
				},
			);
		},
		press: text => process_.write(text),
		resize(size) {
			process_.resize(size.columns, size.rows);
			emulator.resize(size.columns, size.rows);
		},
		hasEnded: () => exitCode !== undefined,
		ended: (timeoutMs = 15_000) => eventually('the program in the terminal ends', () => exitCode, timeoutMs),
		// Missing in the library's types.
		hangUp: () => (process_ as unknown as {destroy(): void}).destroy(),
		close() {
			if (exitCode === undefined) {
				process_.kill('SIGKILL');
			}
		},
	};
}
