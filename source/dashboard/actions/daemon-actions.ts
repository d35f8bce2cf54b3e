import {setTimeout as sleep} from 'node:timers/promises';
import {controlOf, daemonEnvironment, startDaemon, stopDaemon} from '../../daemon-control/daemon-control.js';
import {logSize, readLogSince} from '../../daemon-control/log-file.js';
import type {DaemonName} from '../../platform/paths.js';
import {withLog, withLogLines} from '../log-view.js';
import type {DaemonView} from '../picture.js';
import {type ActivityReport, carryOut, type Runtime, selectedDaemon, show, tell} from '../runtime.js';
import {followDaemonLog} from '../sources/daemon-log.js';
import {collected} from '../store.js';
import type {LogView} from '../ui-state.js';
import type {Action, Actions} from './action.js';

/** Lines of a log are shown at most so often. */
const logCollectMs = 50;
const outputLines = 12;
const outputLookMs = 150;

function onDaemon({
	command,
	refuse = () => undefined,
	run,
}: {
	command: (name: DaemonName) => string;
	refuse?: (daemon: DaemonView) => string | undefined;
	run: (runtime: Runtime, name: DaemonName, command: string) => void | Promise<void>;
}): Action {
	return {
		unavailable(runtime) {
			const daemon = selectedDaemon(runtime);
			return daemon ? refuse(daemon) : 'No daemon is selected.';
		},
		command(runtime) {
			const daemon = selectedDaemon(runtime);
			return daemon && command(daemon.name);
		},
		run(runtime) {
			const daemon = selectedDaemon(runtime);
			return daemon && run(runtime, daemon.name, command(daemon.name));
		},
	};
}

export const daemonActions: Actions = {
	'daemon.start': onDaemon({
		command: name => `golem ${name} --detach`,
		refuse: ({name, state}) => (state === 'up' ? `The ${name} runs already.` : undefined),
		run: start,
	}),
	'daemon.stop': onDaemon({
		command: name => `golem ${name} stop`,
		refuse: ({name, state}) => (state === 'up' ? undefined : `The ${name} does not run.`),
		run: stop,
	}),
	'daemon.logs': onDaemon({command: name => `golem ${name} logs --follow`, run: followLog}),
	'ports.verify': {
		unavailable: ({picture}) =>
			picture.get().ports ? undefined : 'No provider runs here; u on the provider starts one.',
		command: () => 'golem provider verify',
		async run(runtime) {
			try {
				await controlOf('provider', runtime.paths).verifyPorts(runtime.signal);
				tell(runtime, 'All ports are being tried.');
			} catch (error) {
				tell(runtime, error instanceof Error ? error.message : String(error), 'error');
			}
		},
	},
};

async function start(runtime: Runtime, name: DaemonName, command: string): Promise<void> {
	const {paths, signal} = runtime;
	await carryOut(runtime, {title: `Starting the ${name}`, command}, async report => {
		report.step(`Starting the ${name}`);
		const watching = new AbortController();
		const watched = showOutput(paths.daemonLog(name), report, watching.signal);
		try {
			const {status} = await startDaemon(name, paths, daemonEnvironment(paths, {}), signal);
			return `The ${name} runs (pid ${status.pid}, ${status.listening}).`;
		} finally {
			watching.abort();
			await watched;
		}
	});
}

/** What a daemon has written since now: its control socket is not there before it is ready. */
async function showOutput(file: string, {output}: ActivityReport, signal: AbortSignal): Promise<void> {
	const start = await logSize(file);
	const look = async () => output((await readLogSince(file, start)).slice(-outputLines));
	while (!signal.aborted) {
		await look();
		await sleep(outputLookMs, undefined, {signal}).catch(() => {});
	}

	await look();
}

async function stop(runtime: Runtime, name: DaemonName, command: string): Promise<void> {
	await carryOut(runtime, {title: `Stopping the ${name}`, command, isShown: false}, async ({step}) => {
		step(`Stopping the ${name}`);
		const pid = await stopDaemon(name, runtime.paths);
		return pid === undefined ? `The ${name} was not running.` : `The ${name} (pid ${pid}) has stopped.`;
	});
}

/** A view of the log; following ends with the view. */
async function followLog(runtime: Runtime, name: DaemonName, command: string): Promise<void> {
	const {paths, ui, signal} = runtime;
	const view = newLogView(`Log of the ${name}`, command);
	show(runtime, view);
	const closed = new AbortController();
	const unsubscribe = ui.subscribe(() => {
		if (!ui.get().views.some(candidate => candidate.kind === 'log' && candidate.id === view.id)) {
			closed.abort();
		}
	});
	const add = collectLines(lines =>
		ui.update(state => withLog(state, view.id, log => withLogLines(log, lines))),
	);
	const untilClosed = AbortSignal.any([signal, closed.signal]);
	try {
		for await (const line of followDaemonLog(name, paths, untilClosed)) {
			add(line);
		}
	} finally {
		unsubscribe();
	}
}

function newLogView(title: string, command: string): LogView {
	return {
		kind: 'log',
		id: Symbol(title),
		title,
		command,
		lines: [],
		isPaused: false,
		filter: '',
		isFiltering: false,
		back: 0,
		column: 0,
	};
}

/** Several lines that come together are one change of the screen. */
function collectLines(show: (lines: readonly string[]) => void): (line: string) => void {
	const schedule = collected(logCollectMs);
	let waiting: string[] = [];
	return line => {
		waiting.push(line);
		if (waiting.length === 1) {
			schedule(() => {
				const lines = waiting;
				waiting = [];
				show(lines);
			});
		}
	};
}
