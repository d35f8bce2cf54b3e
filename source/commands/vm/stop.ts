import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {exitCodes} from '../../platform/golem-error.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {createRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Turn a VM off; its disk, address and port stay',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({}),
	examples: ['golem vm stop my-vm', 'golem vm stop my-vm --json'],
	isLive: true,
	async run({paths, sources, result, progress, signal}, {args: [name]}) {
		const requestor = createRequestor(paths, sources);
		try {
			const rental = await requestor.rental(name);
			const provider = await requestor.providerOf(rental);
			progress({step: 'stop', message: `Stopping ${name}`});
			const vm = await provider.stop(rental.vm_id ?? name, signal);
			result(
				vm,
				() => `${name} is ${vm.status}.`,
				() => [vm.id],
			);
			return exitCodes.done;
		} finally {
			await requestor.close();
		}
	},
});

export const {description, args, options} = definition;
export default definition;
