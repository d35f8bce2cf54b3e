import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {textTable} from '../../command-line/text-table.js';
import {exitCodes} from '../../platform/golem-error.js';
import {countrySchema} from '../../protocol/country.js';
import {addressOf, createRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'List the providers you could rent from',
	args: z.tuple([]),
	options: z.object({
		cpu: z.number().int().min(1).max(4096).optional().describe('Cores it must have free'),
		memory: z.number().int().min(1).max(65_536).optional().describe('Memory in GB it must have free'),
		storage: z.number().int().min(1).max(1_048_576).optional().describe('Storage in GB it must have free'),
		country: countrySchema.optional().describe('Where it must be, such as SE'),
		limit: z.number().int().min(1).max(1000).default(100).describe('How many to show'),
	}),
	examples: ['golem vm providers', 'golem vm providers --cpu 4 --memory 8 --country SE'],
	async run({paths, sources, result, signal}, {options}) {
		const requestor = createRequestor(paths, sources);
		const found = (await requestor.findProviders(options, signal)).slice(0, options.limit);
		result(
			found,
			() =>
				found.length === 0
					? 'No provider offers that just now.'
					: textTable(
							['PROVIDER', 'NAME', 'COUNTRY', 'CPU', 'MEMORY', 'STORAGE', 'IMAGES', 'ADDRESS'],
							found.map(provider => [
								provider.provider_id,
								provider.name ?? '-',
								provider.country,
								String(provider.resources.cpu),
								`${provider.resources.memory} GB`,
								`${provider.resources.storage} GB`,
								provider.images?.join(', ') ?? '-',
								`${provider.ip_address}:${addressOf(provider).port}`,
							]),
						),
			() => found.map(({provider_id}) => provider_id),
		);
		return exitCodes.done;
	},
});

export const {description, args, options} = definition;
export default definition;
