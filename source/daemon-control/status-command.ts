import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import {exitCodes} from '../platform/golem-error.js';
import type {DaemonName} from '../platform/paths.js';
import {findDaemon} from './daemon-control.js';
import {readLastWords} from './last-words.js';
import {describeOtherVersion} from './other-version.js';
import {describeAbsence, describeStatus} from './status-text.js';

/** `golem <daemon> status`. */
export function statusCommand(name: DaemonName): Command {
	return command({
		description: `Show how the ${name} is; where it does not run, how it ended`,
		args: z.tuple([]),
		options: z.object({}),
		documents: ['daemon-status'],
		examples: [`golem ${name} status`, `golem ${name} status --json`],
		async run({paths, result, note}) {
			const status = await findDaemon(name, paths);
			if (status) {
				result(
					{running: true, ...status},
					() => describeStatus(status),
					() => [String(status.pid)],
				);
				const other = describeOtherVersion(name, status);
				if (other !== undefined) {
					note(other);
				}

				return exitCodes.done;
			}

			const {findPendingService} = await import('./service.js');
			const [lastWords, service] = await Promise.all([
				readLastWords(name, paths),
				findPendingService(name, paths),
			]);
			result(
				{
					running: false,
					name,
					since: lastWords?.at ?? null,
					ended: lastWords?.end ?? null,
					log: lastWords?.lines ?? [],
					service: service?.unit ?? null,
					start: `golem ${name} --detach`,
				},
				() => describeAbsence(name, lastWords, {isPending: service !== undefined}),
			);
			return exitCodes.notReachable;
		},
	});
}
