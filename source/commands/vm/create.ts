import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {exitCodes, GolemError} from '../../platform/golem-error.js';
import {identityIdSchema} from '../../protocol/identity.js';
import {type Resources, vmSizeSchema, vmSizes} from '../../protocol/resources.js';
import {imageNameSchema, vmNameSchema} from '../../protocol/vm.js';
import {mustListen} from '../../requestor/reachability.js';
import {describeRemainder, rentVm} from '../../requestor/rent.js';
import {type Requestor, withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Rent a VM',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({
		providerId: identityIdSchema
			.optional()
			.describe(
				'Rent from this provider; if not said, from the cheapest that fits, or the one heard of last',
			),
		size: vmSizeSchema.optional().describe('small (1 core, 1 GB, 10 GB), medium, large or xlarge'),
		cpu: z.number().int().min(1).max(4096).optional().describe('Cores'),
		memory: z.number().int().min(1).max(65_536).optional().describe('Memory in GB'),
		storage: z.number().int().min(1).max(1_048_576).optional().describe('Disk in GB'),
		image: imageNameSchema.optional().describe('What to run; the provider’s default if not said'),
		wait: z
			.boolean()
			.default(true)
			.describe('Return when the provider has accepted; do not wait until it can be reached'),
		timeout: z.number().min(1).max(3600).default(300).describe('Seconds that all of it may take'),
	}),
	documents: ['vm-created'],
	examples: [
		'golem vm create my-vm',
		'golem vm create build-box --size medium --provider-id 0x2c7536e3605d9c16a7a3d7b1898e529396a65c23',
	],
	isLive: true,
	async run(context, {args: [name], options}) {
		const {result, progress, signal} = context;
		return withRequestor(context, async requestor => {
			const {rental, vm} = await rentVm(requestor, {
				name,
				resources: wantedResources(options),
				image: options.image,
				providerId: options.providerId,
				timeoutMs: options.timeout * 1000,
				noWait: !options.wait,
				onProgress: progress,
				signal,
				mustBeThere: mustListen,
			}).catch(async (error: unknown) => {
				throw signal.aborted ? await describeInterruption(requestor, name) : error;
			});
			result(
				{...vm, name, id: rental.vm_id, provider_id: rental.provider.id, access: rental.access},
				() =>
					options.wait
						? `${name} is ready. Go into it with: golem vm ssh ${name}`
						: `${name} was accepted. See how it is with: golem vm info ${name}`,
				() => [rental.vm_id ?? name],
			);
			return exitCodes.done;
		});
	},
});

async function describeInterruption(requestor: Requestor, name: string): Promise<GolemError> {
	const {text, hint} = await describeRemainder(requestor, name);
	return new GolemError('INTERRUPTED', `Interrupted: ${text}`, {exitCode: exitCodes.interrupted, hint});
}

/** What was asked for, or undefined where nothing was. */
function wantedResources({
	size,
	cpu,
	memory,
	storage,
}: {
	size?: keyof typeof vmSizes | undefined;
	cpu?: number | undefined;
	memory?: number | undefined;
	storage?: number | undefined;
}): Resources | undefined {
	const base = vmSizes[size ?? 'small'];
	return [size, cpu, memory, storage].every(wish => wish === undefined)
		? undefined
		: {cpu: cpu ?? base.cpu, memory: memory ?? base.memory, storage: storage ?? base.storage};
}

export const {description, args, options} = definition;
export default definition;
