import {fileURLToPath} from 'node:url';
import headless from '@xterm/headless';
import type {ExecutionContext} from 'ava';
import {spawn} from 'node-pty';
import {eventually, whenTrue} from '../../support/waiting.js';

/** A program of `_fixtures` in a real terminal. */
export type Pty = {
	pid: number;
	emulator: InstanceType<typeof headless.Terminal>;
	/** All that came through, control sequences included. */
	raw(): string;
	lines(): string[];
	type(text: string): void;
	resize(columns: number, rows: number): void;
	shows(what: string | RegExp, timeoutMs?: number): Promise<void>;
	hasShown(what: string, timeoutMs?: number): Promise<void>;
	ended(timeoutMs?: number): Promise<{exitCode: number; signal: number | undefined}>;
	hangUp(): void;
	kill(signal: NodeJS.Signals): void;
};

/** What starts a program of `_fixtures`. */
export const fixtureCommand = (name: string, args: readonly string[] = []) => [
	process.execPath,
	`--import=${import.meta.resolve('tsx')}`,
	fileURLToPath(new URL(`_fixtures/${name}`, import.meta.url)),
	...args,
];

/** The same as words of a shell. */
export const fixtureLine = (name: string, args: readonly string[] = []) =>
	fixtureCommand(name, args)
		.map(word => `'${word}'`)
		.join(' ');

/** Starts that in a terminal of 80 × 24, which is closed with the test. */
export function openPty(
	t: ExecutionContext,
	[program = '', ...args]: readonly string[],
	{environment = {}}: {environment?: Record<string, string>} = {},
): Pty {
	const emulator = new headless.Terminal({cols: 80, rows: 24, scrollback: 1000, allowProposedApi: true});
	const child = spawn(program, args, {
		name: 'xterm-256color',
		cols: 80,
		rows: 24,
		env: {PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment},
	});
	let raw = '';
	let end: {exitCode: number; signal: number | undefined} | undefined;
	child.onData(data => {
		raw += data;
		emulator.write(data);
	});
	child.onExit(({exitCode, signal}) => {
		end = {exitCode, signal};
	});
	emulator.onData(answer => child.write(answer));
	t.teardown(() => {
		if (!end) {
			child.kill('SIGKILL');
		}
	});
	const lines = () => {
		const {active} = emulator.buffer;
		return Array.from({length: emulator.rows}, (_, row) =>
			(active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
		);
	};
	const waitFor = async (what: unknown, isThere: () => boolean, timeoutMs = 30_000) =>
		void (await eventually(`the terminal shows ${what}`, () => whenTrue(isThere()), timeoutMs).catch(
			(error: unknown) => {
				throw new Error(`${error}\n${JSON.stringify(end)}\n${lines().join('\n')}`);
			},
		));
	return {
		pid: child.pid,
		emulator,
		raw: () => raw,
		lines,
		type: text => child.write(text),
		resize(columns, rows) {
			child.resize(columns, rows);
			emulator.resize(columns, rows);
		},
		shows: (what, timeoutMs) =>
			waitFor(
				what,
				() => {
					const text = lines().join('\n');
					return typeof what === 'string' ? text.includes(what) : what.test(text);
				},
				timeoutMs,
			),
		hasShown: (what, timeoutMs) => waitFor(what, () => raw.includes(what), timeoutMs),
		ended: (timeoutMs = 30_000) => eventually('the program ends', () => end, timeoutMs),
		// Missing in the library's types.
		hangUp: () => (child as unknown as {destroy(): void}).destroy(),
		kill: signal => child.kill(signal),
	};
}

/** One key after the other, as fast as they go. */
export async function typeKeys(pty: Pty, keys: string): Promise<void> {
	for (const key of keys) {
		pty.type(key);
		await new Promise(setImmediate);
	}
}

/** What of a terminal a program can leave behind it. */
export const stateOf = ({emulator, raw}: Pty) => ({
	screen: emulator.buffer.active.type,
	mouse: emulator.modes.mouseTrackingMode,
	bracketedPaste: emulator.modes.bracketedPasteMode,
	wraps: emulator.modes.wraparoundMode,
	showsCursor: raw().lastIndexOf('\u001B[?25h') >= raw().lastIndexOf('\u001B[?25l'),
});

/** As a shell wants it. */
export const usualState = {
	screen: 'normal',
	mouse: 'none',
	bracketedPaste: false,
	wraps: true,
	showsCursor: true,
};
