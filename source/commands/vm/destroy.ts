import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {exitCodes} from '../../platform/golem-error.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {destroyRental} from '../../requestor/destroy.js';
import {withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Give a VM back: it is turned off and its disk deleted',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({}),
	examples: ['golem vm destroy my-vm', 'golem vm destroy my-vm --yes'],
	async run(context, {args: [name]}) {
		const {mayAsk, choose, note, result, progress, signal} = context;
		return withRequestor(context, async requestor => {
			const rental = await requestor.rental(name);
			if (mayAsk) {
				const answer = await choose(`Destroy ${name}? Its disk is deleted for good.`, [
					{value: 'no', label: 'No, keep it'},
					{value: 'yes', label: 'Yes, destroy it'},
				]);
				if (answer !== 'yes') {
					note(`${name} was kept.`);
					return exitCodes.failed;
				}
			}

			progress({step: 'destroy', message: `Destroying ${name}`});
			await destroyRental(requestor, rental, signal);
			result(
				{name, id: rental.vm_id, status: 'deleted'},
				() => `${name} is destroyed.`,
				() => [name],
			);
			return exitCodes.done;
		});
	},
});

export const {description, args, options} = definition;
export default definition;
