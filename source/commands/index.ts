import * as z from 'zod';
import {command} from '../command-line/command.js';
import {findDaemon} from '../daemon-control/daemon-control.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {daemonNames} from '../platform/paths.js';

const definition = command({
	description: 'The dashboard: providers, VMs, ports and daemons at a glance, and everything a key away',
	args: z.tuple([]),
	options: z.object({}),
	examples: ['golem', 'golem --json'],
	async run({paths, isJson, result}) {
		if (!isJson) {
			throw new GolemError('NO_TERMINAL', 'The dashboard needs a terminal to draw on, and this is none.', {
				exitCode: exitCodes.usage,
				hint: 'For scripts there is: golem --json — and all commands are told by: golem --help',
			});
		}

		const daemons = await Promise.all(
			daemonNames.map(async name => [name, (await findDaemon(name, paths)) ?? null] as const),
		);
		result({daemons: Object.fromEntries(daemons)}, () => '');
		return exitCodes.done;
	},
	async draw(context) {
		const {runDashboard} = await import('../dashboard/dashboard.js');
		return runDashboard(context);
	},
});

export const {description, args, options} = definition;
export default definition;
