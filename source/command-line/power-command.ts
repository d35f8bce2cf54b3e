import * as z from 'zod';
import {exitCodes} from '../platform/golem-error.js';
import {vmNameSchema} from '../protocol/vm.js';
import {confirmedId, withRequestor} from '../requestor/requestor.js';
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
				const provider = await requestor.providerOf(rental);
				progress({step: verb, message: `${verb === 'start' ? 'Starting' : 'Stopping'} ${name}`});
				const vm = await provider[verb](confirmedId(rental), signal);
				if (verb === 'start' && rental.access) {
					// One that had failed may be on another port now; its host keys are the ones we know, or it is another.
					const {ssh_host, ssh_port} = await provider.access(vm.id, signal);
					await (await requestor.rentals()).set(name, {
						...rental,
						access: {...rental.access, ssh_host, ssh_port},
					});
				}

				result(
					vm,
					() => `${name} is ${vm.status}.`,
					() => [vm.id],
				);
				return exitCodes.done;
			});
		},
	});
}
