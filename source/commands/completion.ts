import * as z from 'zod';
import {command} from '../command-line/command.js';
import {completionScript, shells} from '../command-line/completion-scripts.js';
import {exitCodes} from '../platform/golem-error.js';

const definition = command({
	description: 'Print a script for completion in bash, zsh or fish',
	args: z.tuple([z.enum(shells).describe('SHELL')]),
	options: z.object({}),
	documents: ['completion'],
	examples: ['golem completion bash', 'golem completion zsh'],
	async run({result}, {args: [shell]}) {
		const script = completionScript(shell);
		result(
			{shell, script},
			() => script,
			() => [script],
		);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;
