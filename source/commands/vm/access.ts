import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {factList} from '../../command-line/text-table.js';
import {exitCodes} from '../../platform/golem-error.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {findAccess} from '../../requestor/access.js';
import {withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Show how to get into a VM, and the host keys to expect',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({}),
	documents: ['vm-access'],
	examples: ['golem vm access my-vm', 'golem vm access my-vm --json'],
	async run(context, {args: [name]}) {
		const {result, signal} = context;
		return withRequestor(context, async requestor => {
			const access = await findAccess(requestor, await requestor.rental(name), signal);
			result(access, () =>
				factList([
					['host', access.ssh_host],
					['port', String(access.ssh_port)],
					['user', access.ssh_user],
					...access.ssh_host_keys.map(key => ['host key', key] as const),
				]),
			);
			return exitCodes.done;
		});
	},
});

export const {description, args, options} = definition;
export default definition;
