import {render, useInput, useStdout} from 'ink';
import {useEffect, useState} from 'react';
import type {Context} from '../command-line/context.js';
import {controlOf} from '../daemon-control/daemon-control.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {PortsReport} from '../protocol/control.js';
import {verifyAndFollow} from './follow-provider.js';
import {hostUnderScreen} from './foreground.js';
import {PortsScreen} from './ports-screen.js';
import {count, glyphs, isUnderWay, showsUnicode} from './ports-text.js';
import {readProviderStatus} from './provider-status.js';
import type {ScreenState} from './screen-rows.js';
import {createTerminalModes} from './terminal-modes.js';

type LiveState = Omit<ScreenState, 'nowMs'>;

/** By key as it is typed; a terminal hands over several at once where they come fast. */
type Keys = Readonly<Record<string, () => void>>;

type Screen = {
	update(change: Partial<LiveState>): void;
	/** Draws all of it anew, on an empty screen. */
	redraw(): void;
	close(): void;
};

const ctrlC = '\u0003';
const ctrlZ = '\u001A';
const clearScreen = '\u001B[2J\u001B[H';
/** Resizing comes in many steps, and what is drawn follows a little later. */
const settleMs = 100;
const tickMs = 1000;
const idleTickMs = 10_000;

/** `golem provider` on a terminal: a screen of its own until the provider has ended. */
export async function hostOnTerminal(
	{paths, signal, note}: Context,
	environment: NodeJS.ProcessEnv,
): Promise<number> {
	const quitting = new AbortController();
	const ending = AbortSignal.any([signal, quitting.signal]);
	const quit = () => quitting.abort(new Error('asked to by a key'));
	let vms = 0;
	const modes = createTerminalModes(process, () => screen.redraw());
	modes.enter();
	const screen = openScreen(
		{mode: 'host', clearsScreen: true},
		{
			v: () =>
				void controlOf('provider', paths)
					.verifyPorts(ending)
					.catch(() => {}),
			q: quit,
			// Twice: whatever the provider still has to tidy up, it does so without being watched.
			[ctrlC]: () => (ending.aborted ? process.exit(exitCodes.interrupted) : quit()),
			[ctrlZ]: modes.suspend,
		},
	);
	ending.addEventListener('abort', () => screen.update({isStopping: true}), {once: true});
	try {
		return await hostUnderScreen(
			{paths, environment, signal: ending, isJson: false},
			{
				onReport: report => screen.update({report}),
				onStatus(news) {
					const status = readProviderStatus(news);
					vms = status.vms ?? 0;
					screen.update({status});
				},
			},
		);
	} finally {
		screen.close();
		modes.leave();
		if (ending.aborted) {
			note(`The provider has stopped.${vms > 0 ? ` ${count(vms, 'VM')} of it may still run.` : ''}`);
		}
	}
}

/** Draws one verification in the terminal as it goes on. */
export async function verifyOnTerminal({paths, signal}: Context): Promise<PortsReport> {
	const quitting = new AbortController();
	const screen = openScreen(
		{mode: 'verify', clearsScreen: false},
		{
			[ctrlC]: () =>
				quitting.abort(new GolemError('INTERRUPTED', 'Interrupted.', {exitCode: exitCodes.interrupted})),
		},
	);
	try {
		const control = controlOf('provider', paths);
		screen.update({status: readProviderStatus(await control.status(signal))});
		return await verifyAndFollow(control, {
			onReport: report => screen.update({report}),
			signal: AbortSignal.any([signal, quitting.signal]),
		});
	} finally {
		screen.close();
	}
}

function openScreen(
	{mode, clearsScreen}: {mode: LiveState['mode']; clearsScreen: boolean},
	keys: Keys,
): Screen {
	let state: LiveState = {mode, report: undefined, status: undefined, isStopping: false};
	let redraws = 0;
	const element = () => <LivePorts state={state} keys={keys} clearsScreen={clearsScreen} redraws={redraws} />;
	// Not `incrementalRendering`: with Ink 6.8 it begins a row too low, and leaves rows of before on the screen.
	const instance = render(element(), {
		stdout: withoutHeight(process.stdout),
		patchConsole: false,
		exitOnCtrlC: false,
	});
	return {
		update(change) {
			state = {...state, ...change};
			instance.rerender(element());
		},
		redraw() {
			redraws += 1;
			instance.rerender(element());
		},
		close: () => instance.unmount(),
	};
}

type LivePortsProps = {
	readonly state: LiveState;
	readonly keys: Keys;
	readonly clearsScreen: boolean;
	/** A new number draws all of it anew. */
	readonly redraws: number;
};

/** The screen with what makes it live: keys, the clock, and the terminal's size. */
function LivePorts({state, keys, clearsScreen, redraws}: LivePortsProps) {
	const {write} = useStdout();
	const [size, setSize] = useState(terminalSize);
	const [nowMs, setNowMs] = useState(() => Date.now());
	const isBusy = !state.report || isUnderWay(state.report.verification);

	useInput((input, {ctrl}) => {
		// A single control key arrives as its letter.
		const typed = ctrl && input.length === 1 ? String.fromCharCode(input.charCodeAt(0) & 0x1f) : input;
		for (const key of typed) {
			keys[key]?.();
		}
	});

	useEffect(() => {
		const timer = setInterval(() => setNowMs(Date.now()), isBusy ? tickMs : idleTickMs);
		return () => clearInterval(timer);
	}, [isBusy]);

	useEffect(() => {
		const resize = () => setSize(terminalSize());
		process.stdout.on('resize', resize);
		return () => {
			process.stdout.off('resize', resize);
		};
	}, []);

	// biome-ignore lint/correctness/useExhaustiveDependencies: these are what it happens for.
	useEffect(() => {
		const timer = setTimeout(() => {
			if (clearsScreen) {
				write(clearScreen);
			}
		}, settleMs);
		return () => clearTimeout(timer);
	}, [size, redraws, clearsScreen, write]);

	return <PortsScreen state={state} glyphs={glyphs(showsUnicode(process.env))} size={size} nowMs={nowMs} />;
}

function terminalSize() {
	const {columns, rows} = process.stdout;
	return {columns: columns || 80, rows: rows || 24};
}

/**
Ink clears the terminal and what was scrolled away when its output fills the terminal, also when that was just made
smaller. Ours is laid out to fit, so Ink is told of no height.
*/
function withoutHeight(stdout: NodeJS.WriteStream): NodeJS.WriteStream {
	return new Proxy(stdout, {
		get: (target, name) => (name === 'rows' ? Number.MAX_SAFE_INTEGER : Reflect.get(target, name)),
	});
}
