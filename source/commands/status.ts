import * as z from 'zod';
import {command} from '../command-line/command.js';
import {textTable} from '../command-line/text-table.js';
import {findDaemon} from '../daemon-control/daemon-control.js';
import {exitCodes} from '../platform/golem-error.js';
import {daemonNames} from '../platform/paths.js';

const definition = command({
	description: 'Show which daemons run on this machine',
	args: z.tuple([]),
	options: z.object({}),
	examples: ['golem status', 'golem status --json'],
	async run({paths, result}) {
		const daemons = await Promise.all(
			daemonNames.map(async name => ({name, status: (await findDaemon(name, paths)) ?? null})),
		);
		result(
			Object.fromEntries(daemons.map(({name, status}) => [name, status])),
			() =>
				textTable(
					['DAEMON', 'STATE', 'PID', 'LISTENING', 'SINCE'],
					daemons.map(({name, status}) =>
						status
							? [
									name,
									status.healthy ? 'healthy' : 'not ready',
									String(status.pid),
									status.listening,
									status.started_at,
								]
							: [name, 'not running', '-', '-', '-'],
					),
				),
			() => daemons.filter(({status}) => status).map(({name}) => name),
		);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;
