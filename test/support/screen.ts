import headless from '@xterm/headless';
import type {ExecutionContext} from 'ava';
import {spawn} from 'node-pty';
import stringWidth from 'string-width';
import {golemEnvironment, golemProgram} from './golem.js';
import {eventually, whenTrue} from './waiting.js';

export type Size = {columns: number; rows: number};

export type ScreenOptions = {
	/** `GOLEM_HOME`. */
	home: string;
	environment?: Record<string, string>;
	size?: Size;
};

/** A full-screen program in a pty, and the emulator that shows what a person would see of it. */
export type Screen = {
	pid: number;
	emulator: InstanceType<typeof headless.Terminal>;
	/** All that came through the pty, control sequences included. */
	raw(): string;
	/** The rows, without spaces at their ends. */
	lines(): string[];
	text(): string;
	/** Waits until the screen shows all of that at once. */
	shows(what: Sought | readonly Sought[], timeoutMs?: number): Promise<void>;
	/** Waits until the screen shows that no more. */
	hides(what: Sought, timeoutMs?: number): Promise<void>;
	/** Waits for that among everything that ever came through. */
	hasShown(what: string, timeoutMs?: number): Promise<void>;
	type(text: string): void;
	resize(size: Size): void;
	hasEnded(): boolean;
	ended(timeoutMs?: number): Promise<{exitCode: number; signal: number | undefined}>;
	/** Takes the terminal away, as a window that is closed does. */
	hangUp(): void;
	close(): void;
};

export type Sought = string | RegExp | ((text: string) => boolean);

/** What a person presses, as a terminal sends it. */
export const pressed: Readonly<Record<string, string>> = {
	up: '\u001B[A',
	down: '\u001B[B',
	right: '\u001B[C',
	left: '\u001B[D',
	pageup: '\u001B[5~',
	pagedown: '\u001B[6~',
	home: '\u001B[H',
	end: '\u001B[F',
	enter: '\r',
	// As kitty's protocol has it: a lone escape character is a key only when nothing follows it for a moment.
	escape: '\u001B[27u',
	tab: '\t',
	'shift-tab': '\u001B[Z',
	space: ' ',
	backspace: '\u007F',
	f1: '\u001BOP',
};

/** Those bytes for a key as the keymap writes it. */
export function bytesOf(key: string): string {
	const [, letter] = /^ctrl-([a-z])$/.exec(key) ?? [];
	return letter === undefined
		? (pressed[key] ?? key)
		: String.fromCharCode(letter.charCodeAt(0) - 'a'.charCodeAt(0) + 1);
}

/** Opens `golem` with those arguments; none of them open the dashboard. */
export function openGolem(args: readonly string[], options: ScreenOptions): Screen {
	return openScreen([process.execPath, golemProgram, ...args], options);
}

/** Opens the dashboard, waits for its first frame, and closes it with the test. */
export async function openDashboard(t: ExecutionContext, options: ScreenOptions): Promise<Screen> {
	const screen = openGolem([], options);
	t.teardown(() => screen.close());
	await screen.shows(/ golem \d/);
	return screen;
}

export function openScreen(
	[program = '', ...args]: readonly string[],
	{home, environment = {}, size = {columns: 80, rows: 24}}: ScreenOptions,
): Screen {
	const emulator = new headless.Terminal({
		cols: size.columns,
		rows: size.rows,
		scrollback: 1000,
		allowProposedApi: true,
	});
	// By itself it knows the widths of Unicode 6, which had few emoji.
	emulator.unicode.register({version: 'present', wcwidth: widthOf, charProperties: propertiesOf});
	emulator.unicode.activeVersion = 'present';
	const child = spawn(program, args, {
		name: 'xterm-256color',
		cols: size.columns,
		rows: size.rows,
		cwd: home,
		env: golemEnvironment({home, environment: {TERM: 'xterm-256color', LANG: 'C.UTF-8', ...environment}}),
	});
	let raw = '';
	let end: {exitCode: number; signal: number | undefined} | undefined;
	child.onData(data => {
		raw += data;
		emulator.write(data);
	});
	child.onExit(({exitCode, signal}) => {
		end = {exitCode, signal: signal || undefined};
	});
	emulator.onData(answer => child.write(answer));
	const lines = () => {
		const {active} = emulator.buffer;
		return Array.from({length: emulator.rows}, (_, row) =>
			(active.getLine(active.baseY + row)?.translateToString(true, 0, emulator.cols) ?? '').trimEnd(),
		);
	};
	const text = () => lines().join('\n');
	const waitFor = async (what: string, isSo: () => boolean, timeoutMs = 15_000) =>
		void (await eventually(what, () => whenTrue(isSo()), timeoutMs).catch((error: unknown) => {
			throw new Error(`${error}\n${end ? `ended: ${JSON.stringify(end)}\n` : ''}${text()}`);
		}));
	return {
		pid: child.pid,
		emulator,
		raw: () => raw,
		lines,
		text,
		shows(what, timeoutMs) {
			const all = [what].flat() as readonly Sought[];
			return waitFor(
				`the screen shows ${all.join(' and ')}`,
				() => all.every(one => has(text(), one)),
				timeoutMs,
			);
		},
		hides: (what, timeoutMs) =>
			waitFor(`the screen shows ${what} no more`, () => !has(text(), what), timeoutMs),
		hasShown: (what, timeoutMs) => waitFor(`${what} comes through`, () => raw.includes(what), timeoutMs),
		type: typed => child.write(typed),
		resize({columns, rows}) {
			child.resize(columns, rows);
			emulator.resize(columns, rows);
		},
		hasEnded: () => end !== undefined,
		ended: (timeoutMs = 15_000) => eventually('the program in the terminal ends', () => end, timeoutMs),
		// Missing in the library's types.
		hangUp: () => (child as unknown as {destroy(): void}).destroy(),
		close() {
			if (!end) {
				child.kill('SIGKILL');
			}
		},
	};
}

function has(text: string, what: Sought): boolean {
	return typeof what === 'string'
		? text.includes(what)
		: typeof what === 'function'
			? what(text)
			: what.test(text);
}

function widthOf(codepoint: number): 0 | 1 | 2 {
	const width = stringWidth(String.fromCodePoint(codepoint));
	return width === 0 ? 0 : width === 1 ? 1 : 2;
}

/** What has no width goes into the cell before it. The bits are the emulator's: the width, and whether it does so. */
function propertiesOf(codepoint: number, preceding: number): number {
	const width = widthOf(codepoint);
	const widthBefore = (preceding >> 1) & 3;
	const isJoined = width === 0 && preceding !== 0 && widthBefore !== 0;
	return (Math.max(width, isJoined ? widthBefore : 0) << 1) | Number(isJoined);
}

/** What of a terminal a program can leave behind it. */
export const leftBehind = ({emulator, raw}: Screen) => ({
	screen: emulator.buffer.active.type,
	mouse: emulator.modes.mouseTrackingMode,
	paste: emulator.modes.bracketedPasteMode,
	wraps: emulator.modes.wraparoundMode,
	hasCursor: raw().lastIndexOf('\u001B[?25h') > raw().lastIndexOf('\u001B[?25l'),
});

/** As a shell wants it. */
export const asItWas = {screen: 'normal', mouse: 'none', paste: false, wraps: true, hasCursor: true};
