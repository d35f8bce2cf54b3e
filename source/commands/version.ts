import * as z from 'zod';
import {command} from '../command-line/command.js';
import {exitCodes} from '../platform/golem-error.js';
import {version} from '../platform/program.js';

const definition = command({
	description: 'Show the version',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['version'],
	examples: ['golem version', 'golem version --json'],
	async run({result}) {
		result(
			{version, node: process.version},
			() => version,
			() => [version],
		);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;
