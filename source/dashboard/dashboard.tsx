import {render} from 'ink';
import type {Context} from '../command-line/context.js';
import {exitCodes} from '../platform/golem-error.js';
import {readSettingSources} from '../platform/settings.js';
import {clipboardSequence} from '../terminal/clipboard.js';
import {openTerminal, type Terminal} from '../terminal/terminal.js';
import {handle} from './controller.js';
import {rememberFree} from './free-over-time.js';
import {createKeymap} from './keymap.js';
import {emptyPicture, type Picture} from './picture.js';
import {messageOf, type Runtime} from './runtime.js';
import {App} from './screen/app.js';
import {followEverything, type Sources} from './sources/sources.js';
import {collected, createStore, type Store} from './store.js';
import {createTables} from './tables.js';
import {tick} from './ticking.js';
import {firstState, stateInNextHome} from './ui-beginning.js';
import type {UiState} from './ui-state.js';

/** What the user sees changes at most so often without a key. */
const collectMs = 50;
/** What a key changes is drawn sooner than anybody sees a difference. */
const maxFps = 120;
const tickMs = 1000;

type Home = {paths: Context['paths']; isDemo: boolean};

/** The full-screen dashboard, until its user leaves it. @returns the exit status */
export async function runDashboard(context: Context): Promise<number> {
	const keymap = createKeymap(context.sources.config['keys']);
	let home: Home | undefined = {paths: context.paths, isDemo: false};
	const ui = createStore<UiState>(firstState());
	const leaving = new AbortController();
	const terminal = openTerminal({
		describe: error => describeCrash(error, context),
		onSignal: () => leaving.abort(),
		title: 'golem',
	});
	terminal.size.onChange(size => ui.update(state => ({...state, size})));
	ui.update(state => ({...state, size: terminal.size.current()}));
	try {
		while (home && !leaving.signal.aborted) {
			home = await showHome(home, {context, keymap, ui, terminal, leaving: leaving.signal});
		}

		return exitCodes.done;
	} finally {
		await terminal.close();
	}
}

type Stage = {
	context: Context;
	keymap: Runtime['keymap'];
	ui: Store<UiState>;
	terminal: Terminal;
	leaving: AbortSignal;
};

/** The dashboard over one home. @returns the next one, or nothing where the user has left */
async function showHome(
	{paths, isDemo}: Home,
	{context, keymap, ui, terminal, leaving}: Stage,
): Promise<Home | undefined> {
	const picture = createStore<Picture>(emptyPicture(paths.home), collected(collectMs));
	const ending = new AbortController();
	const signal = AbortSignal.any([leaving, ending.signal]);
	const settings = isDemo
		? await readSettingSources({cwd: paths.home, config: paths.config}, {})
		: context.sources;
	const sources: Sources = followEverything(picture, {paths, sources: settings, signal});
	const free = rememberFree(picture);
	let next: Home | undefined;
	const runtime: Runtime = {
		paths,
		userPaths: context.paths,
		isDemo,
		requestor: sources.requestor,
		directory: sources.directory,
		picture,
		ui,
		keymap,
		tables: createTables(),
		terminal: {
			handOver: run => terminal.handOver(typedAhead => run(typedAhead.length)),
			suspend: () => void terminal.suspend(),
			copy: text => terminal.send(clipboardSequence(text)),
			setMouse: isOn => terminal.screen.setMouse(isOn),
		},
		drawn: {top: 0},
		quit: () => ending.abort(),
		switchTo(home) {
			next = home;
			ending.abort();
		},
		signal,
	};
	const unfollow = picture.subscribe(() => ui.update(state => runtime.tables.follow(state, picture.get())));
	const unlisten = terminal.keyboard.onInput(event => handle(runtime, event));
	const ticking = setInterval(() => ui.update(state => tick(state, picture.get(), Date.now())), tickMs);
	const app = render(<App runtime={runtime} historyOf={free.of} />, {
		stdout: terminal.output.stdout,
		patchConsole: false,
		exitOnCtrlC: false,
		maxFps,
	});
	try {
		await new Promise<void>(resolve => {
			signal.addEventListener('abort', () => resolve(), {once: true});
			if (signal.aborted) {
				resolve();
			}
		});
		return next;
	} finally {
		ending.abort();
		clearInterval(ticking);
		unlisten();
		unfollow();
		free.stop();
		app.unmount();
		ui.update(stateInNextHome);
		await sources.close();
	}
}

function describeCrash(error: unknown, {paths}: Context): string {
	const stack = error instanceof Error && error.stack ? error.stack : messageOf(error);
	return `golem: the dashboard has failed: ${messageOf(error)}\n  Daemons and VMs go on. Their logs are in ${paths.home}/logs.\n${stack}`;
}
