import type {Context} from '../command-line/context.js';
import {
	type DaemonChildOptions,
	followDaemonChild,
	runFollowedDaemon,
	startDaemonChild,
} from '../daemon-control/daemon-child.js';
import {controlOf} from '../daemon-control/daemon-control.js';
import type {Paths} from '../platform/paths.js';
import {followProvider, type ProviderListener} from './follow-provider.js';
import {createNarrator, type ProviderView} from './ports-lines.js';
import {readProviderStatus} from './provider-status.js';

/** `golem provider` without a terminal: what happens as lines on stdout; the daemon's log on stderr. */
export async function hostInLines(context: Context, environment: NodeJS.ProcessEnv): Promise<number> {
	const {paths, signal, isQuiet, line} = context;
	const narrate = createNarrator();
	const view: ProviderView = {report: undefined, status: undefined};
	const tell = (change: Partial<ProviderView>) => {
		Object.assign(view, change);
		for (const text of isQuiet ? [] : narrate(view)) {
			line(text);
		}
	};
	const child = startDaemonChild('provider', {environment, signal}, ['ignore', 'ignore', 'inherit']);
	return followDaemonChild(child, {
		paths,
		signal,
		follow: followWith(paths, {
			onReport: report => tell({report}),
			onStatus: status => tell({status: readProviderStatus(status)}),
		}),
	});
}

/**
`golem provider` where its listener tells all that there is to tell, on a screen or to a script.
@throws what kept it from starting, or why it ended by itself
*/
export async function hostUnderScreen(
	options: DaemonChildOptions & {paths: Paths; isJson: boolean},
	listener: ProviderListener,
): Promise<number> {
	return runFollowedDaemon('provider', {...options, follow: followWith(options.paths, listener)});
}

const followWith = (paths: Paths, listener: ProviderListener) => (signal: AbortSignal) =>
	followProvider(controlOf('provider', paths), listener, signal);
