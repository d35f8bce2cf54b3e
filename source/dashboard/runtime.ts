import type {Paths} from '../platform/paths.js';
import type {ProviderDirectory} from '../requestor/provider-directory.js';
import type {Requestor} from '../requestor/requestor.js';
import type {Keymap} from './keymap.js';
import type {Picture, VmView} from './picture.js';
import type {Store} from './store.js';
import type {Tables} from './tables.js';
import {type Activity, topView, type UiState, vmInView, withActivity, withView} from './ui-state.js';

/** All that an action works with. */
export type Runtime = {
	paths: Paths;
	requestor: Requestor;
	picture: Store<Picture>;
	ui: Store<UiState>;
	keymap: Keymap;
	tables: Tables;
	directory: Pick<ProviderDirectory, 'check'>;
	terminal: {
		/** Gives the terminal away until that is done; it is told how many keys came too early to be passed on. */
		handOver<Result>(run: (keysLost: number) => Promise<Result>): Promise<Result>;
		suspend(): void;
		copy(text: string): void;
		setMouse(isOn: boolean): void;
	};
	/** The line that a view begins with on the screen: one that was sent to its end may have grown since. */
	drawn: {top: number};
	quit(): void;
	/** Is this the dashboard of the demo, in whose home all of it is? */
	isDemo: boolean;
	/** The home that the program was started with. */
	userPaths: Paths;
	/** Goes on with another home. */
	switchTo(home: {paths: Paths; isDemo: boolean}): void;
	/** Aborted when the dashboard ends. */
	signal: AbortSignal;
};

/** The VM that is looked at: of a view of its own, or the one selected. */
export function selectedVm({ui, picture}: Runtime): VmView | undefined {
	const name = vmInView(ui.get()) ?? ui.get().tables.vms.selectedKey;
	return name === undefined ? undefined : picture.get().vms.get(name);
}

export function selectedProvider({ui, picture}: Runtime) {
	const view = topView(ui.get());
	const id = view?.kind === 'provider' ? view.id : ui.get().tables.providers.selectedKey;
	return id === undefined ? undefined : picture.get().directory.providers.get(id);
}

export function selectedDaemon({ui, picture}: Runtime) {
	const view = topView(ui.get());
	const name = view?.kind === 'daemon' ? view.name : ui.get().tables.daemons.selectedKey;
	return Object.values(picture.get().daemons).find(daemon => daemon.name === name);
}

/** A remark in the line above the keys. */
export function tell({ui}: Runtime, text: string, kind: 'info' | 'error' = 'info'): void {
	ui.update(state => ({...state, message: {text, kind, at: Date.now()}}));
}

export function show({ui}: Runtime, view: Parameters<typeof withView>[1]): void {
	ui.update(state => withView(state, view));
}

const maximumActivities = 20;
let lastActivity = 0;

/** How an activity reports on itself. */
export type ActivityReport = {
	step(message: string): void;
	output(lines: readonly string[]): void;
};

/**
Carries out something that takes a while, in view: its steps, its result, and the command that would do the same.
@returns whether it went well; its failure has been told then
*/
export async function carryOut(
	runtime: Runtime,
	{title, command, vm, isShown = true}: {title: string; command: string; vm?: string; isShown?: boolean},
	run: (report: ActivityReport) => Promise<string>,
): Promise<boolean> {
	const {ui, signal} = runtime;
	lastActivity += 1;
	const id = lastActivity;
	const activity: Activity = {
		id,
		title,
		vm,
		command,
		state: 'running',
		steps: [],
		output: [],
		result: undefined,
		hint: undefined,
	};
	ui.update(state => {
		const known = {...state, activities: [...state.activities, activity].slice(-maximumActivities)};
		return isShown ? withView(known, {kind: 'activity', id, top: 0}) : known;
	});
	// What goes on when its dashboard is over is told to nobody.
	const change = (update: (activity: Activity) => Activity) =>
		ui.update(state => (signal.aborted ? state : withActivity(state, id, update)));
	const end = (state: Activity['state'], result: string, hint?: string) => {
		change(known => ({...known, state, result, hint, steps: endLast(known.steps)}));
		if (!signal.aborted) {
			tell(runtime, result, state === 'failed' ? 'error' : 'info');
		}
	};
	try {
		const result = await run({
			step: message =>
				change(known =>
					known.steps.at(-1)?.message === message
						? known
						: {
								...known,
								steps: [...endLast(known.steps), {message, startedAt: Date.now(), endedAt: undefined}],
							},
				),
			output: output => change(known => ({...known, output})),
		});
		end('done', result);
		return true;
	} catch (error) {
		end('failed', messageOf(error), hintOf(error));
		return false;
	}
}

function endLast(steps: Activity['steps']): Activity['steps'] {
	return steps.map(step => (step.endedAt === undefined ? {...step, endedAt: Date.now()} : step));
}

export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function hintOf(error: unknown): string | undefined {
	return error instanceof Error && 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
}
