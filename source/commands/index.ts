import * as z from 'zod';
import {command} from '../command-line/command.js';
import {overviewHelp} from '../command-line/help.js';
import {findDaemon} from '../daemon-control/daemon-control.js';
import {exitCodes} from '../platform/golem-error.js';
import {daemonNames} from '../platform/paths.js';

const definition = command({
	description: 'Show what there is, and what can be done',
	args: z.tuple([]),
	options: z.object({}),
	examples: ['golem', 'golem --json'],
	async run({paths, result}) {
		const [help, ...daemons] = await Promise.all([
			overviewHelp(),
			...daemonNames.map(async name => [name, (await findDaemon(name, paths)) ?? null] as const),
		]);
		result({daemons: Object.fromEntries(daemons)}, () => help);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;
