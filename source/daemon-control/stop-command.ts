import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes} from '../platform/golem-error.js';
import type {DaemonName} from '../platform/paths.js';
import {stopDaemon} from './daemon-control.js';

/** `golem <daemon> stop`. */
export function stopCommand(name: DaemonName): Command {
	return command({
		description: `Stop the ${name}`,
		args: z.tuple([]),
		options: z.object({}),
		examples: [`golem ${name} stop`, `golem ${name} stop --json`],
		async run(context) {
			const pid = await stopAndTell(name, context);
			context.result(
				{name, stopped: pid !== undefined, pid: pid ?? null},
				() => (pid === undefined ? `The ${name} was not running.` : `The ${name} (pid ${pid}) has stopped.`),
				() => (pid === undefined ? [] : [String(pid)]),
			);
			return exitCodes.done;
		},
	});
}

/** Stops it, and says what is being waited for where that takes a while. @returns its pid, if it ran */
export function stopAndTell(
	name: DaemonName,
	{paths, progress, signal}: Pick<Context, 'paths' | 'progress' | 'signal'>,
): Promise<number | undefined> {
	return stopDaemon(name, paths, {
		onSlow: pid => progress({step: 'stop', message: `Waiting for the ${name} (pid ${pid}) to end`}),
		signal,
	});
}
