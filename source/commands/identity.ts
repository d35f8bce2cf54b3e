import * as z from 'zod';
import {command} from '../command-line/command.js';
import {exitCodes} from '../platform/golem-error.js';
import {createRequestor} from '../requestor/requestor.js';

const definition = command({
	description: 'Show who you are in the network',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['identity'],
	examples: ['golem identity', 'golem identity --json'],
	async run({paths, sources, result}) {
		const {id} = await createRequestor(paths, sources).identity();
		result(
			{id, key_file: paths.identity},
			() => id,
			() => [id],
		);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;
