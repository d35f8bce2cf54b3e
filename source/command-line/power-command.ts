import * as z from 'zod';
import {exitCodes} from '../platform/golem-error.js';
import {vmNameSchema} from '../protocol/vm.js';
import {switchPower} from '../requestor/power.js';
import {withRequestor} from '../requestor/requestor.js';
import {type Command, command} from './command.js';

/** `golem vm start` and `golem vm stop`, which differ in a word. */
export function powerCommand(verb: 'start' | 'stop', description: string): Command {
	return command({
		description,
		args: z.tuple([vmNameSchema.describe('NAME')]),
		options: z.object({}),
		documents: ['vm-power'],
		examples: [`golem vm ${verb} my-vm`, `golem vm ${verb} my-vm --json`],
		isLive: true,
		async run(context, {args: [name]}) {
			const {result, progress, signal} = context;
			return withRequestor(context, async requestor => {
				const rental = await requestor.rental(name);
				progress({step: verb, message: `${verb === 'start' ? 'Starting' : 'Stopping'} ${name}`});
				const vm = await switchPower(requestor, rental, verb, signal);
				result(
					{...vm, name},
					() => `${name} is ${vm.status}.`,
					() => [vm.id],
				);
				return exitCodes.done;
			});
		},
	});
}
