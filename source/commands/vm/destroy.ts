import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {mustConfirm} from '../../command-line/confirmation.js';
import {exitCodes} from '../../platform/golem-error.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {endRental} from '../../requestor/destroy.js';
import {withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Give a VM back: it is turned off and its disk deleted',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({
		force: z.boolean().optional().describe('Forget it even where its provider cannot be asked to end it'),
	}),
	documents: ['vm-destroyed'],
	examples: ['golem vm destroy my-vm', 'golem vm destroy my-vm --yes'],
	async run(context, {args: [name], options}) {
		const {note, result, progress, signal} = context;
		return withRequestor(context, async requestor => {
			const rental = await requestor.rental(name);
			const isSure = await mustConfirm(context, {
				question: `Destroy ${name}? Its disk is deleted for good.`,
				no: 'No, keep it',
				yes: 'Yes, destroy it',
				command: `golem vm destroy ${name}${options.force ? ' --force' : ''}`,
			});
			if (!isSure) {
				note(`${name} was kept.`);
				return exitCodes.failed;
			}

			progress({step: 'destroy', message: `Destroying ${name}`});
			const ending = await endRental(requestor, rental, {isForced: options.force ?? false, signal});
			const told = {name, id: rental.vm_id, provider_id: rental.provider.id, status: ending.status};
			result(
				ending.status === 'deleted'
					? told
					: {...told, reason: {code: ending.reason.code, message: ending.reason.message}},
				() =>
					ending.status === 'deleted'
						? `${name} is destroyed.`
						: `${name} is forgotten here. ${ending.reason.message} If it still runs there, nobody here can end it.`,
				() => [name],
			);
			return exitCodes.done;
		});
	},
});

export const {description, args, options} = definition;
export default definition;
