import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {factList} from '../../command-line/text-table.js';
import {exitCodes} from '../../platform/golem-error.js';
import {localTime} from '../../platform/local-time.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Show one of your VMs',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({}),
	documents: ['vm'],
	examples: ['golem vm info my-vm', 'golem vm info my-vm --json'],
	async run(context, {args: [name]}) {
		const {result, signal} = context;
		return withRequestor(context, async requestor => {
			const rental = await requestor.rental(name);
			const vm = await requestor.ask(rental, signal);
			result(
				{...vm, name, provider_id: rental.provider.id, access: rental.access},
				() =>
					factList([
						['name', name],
						['status', vm.status],
						...(vm.error_message === null ? [] : [['error', vm.error_message] as const]),
						['cpu', String(vm.resources.cpu)],
						['memory', `${vm.resources.memory} GB`],
						['storage', `${vm.resources.storage} GB`],
						['image', vm.image],
						['ssh', vm.ip_address && vm.ssh_port ? `${vm.ip_address}:${vm.ssh_port}` : '-'],
						['provider', rental.provider.id],
						['id', vm.id],
						['created', localTime(vm.created_at)],
					]),
				() => [vm.id],
			);
			return exitCodes.done;
		});
	},
});

export const {description, args, options} = definition;
export default definition;
