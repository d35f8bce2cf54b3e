import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes} from '../platform/golem-error.js';
import type {DaemonName} from '../platform/paths.js';
import {stopDaemon} from './daemon-control.js';
import {findPendingService, runService} from './service.js';

/** `golem <daemon> stop`. */
export function stopCommand(name: DaemonName): Command {
	return command({
		description: `Stop the ${name}`,
		args: z.tuple([]),
		options: z.object({}),
		documents: ['daemon-stopped'],
		examples: [`golem ${name} stop`, `golem ${name} stop --json`],
		async run(context) {
			const wasPending = await giveUpStart(name, context);
			const pid = await stopAndTell(name, context);
			context.result(
				{name, stopped: pid !== undefined, pid: pid ?? null, service_stopped: wasPending},
				() =>
					[
						pid === undefined ? `The ${name} was not running.` : `The ${name} (pid ${pid}) has stopped.`,
						...(wasPending ? ['systemd was to start it again, and is not any more.'] : []),
					].join(' '),
				() => (pid === undefined ? [] : [String(pid)]),
			);
			return exitCodes.done;
		},
	});
}

/** A service that has failed starts again by itself, which nobody wants who stops it. @returns whether it was about to */
async function giveUpStart(name: DaemonName, {paths}: Pick<Context, 'paths'>): Promise<boolean> {
	const service = await findPendingService(name, paths);
	if (service) {
		await runService(service, 'stop');
	}

	return service !== undefined;
}

/** Stops it, and says what is being waited for where that takes a while. @returns its pid, if it ran */
export async function stopAndTell(
	name: DaemonName,
	{paths, progress, signal}: Pick<Context, 'paths' | 'progress' | 'signal'>,
): Promise<number | undefined> {
	return stopDaemon(name, paths, {
		onSlow: pid => progress({step: 'stop', message: `Waiting for the ${name} (pid ${pid}) to end`}),
		signal,
	});
}
