import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {fittedTable} from '../../command-line/fitted-table.js';
import {exitCodes} from '../../platform/golem-error.js';
import {resolveSettings} from '../../platform/settings.js';
import type {Advertisement} from '../../protocol/advertisement.js';
import {countrySchema} from '../../protocol/country.js';
import {shortId} from '../../protocol/short-id.js';
import {searchProviders} from '../../requestor/provider-search.js';
import {addressOf} from '../../requestor/requestor.js';
import {requestorSettings} from '../../requestor/settings.js';

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
	documents: ['providers'],
	examples: ['golem vm providers', 'golem vm providers --cpu 4 --memory 8 --country SE'],
	async run({sources, result, note, signal}, {options}) {
		const {values: settings} = resolveSettings(requestorSettings, sources);
		const {genuine, forged} = await searchProviders(settings.discoveryUrls, options, signal);
		const found = genuine.slice(0, options.limit);
		if (forged.length > 0) {
			note(describeForged(forged));
		}

		result(
			found,
			() => (found.length === 0 ? 'No provider offers that just now.' : table(found)),
			() => found.map(({provider_id}) => provider_id),
		);
		return exitCodes.done;
	},
});

function table(found: readonly Advertisement[]): string {
	const address = (provider: Advertisement) => `${provider.ip_address}:${addressOf(provider).port}`;
	const short = (provider: Advertisement) => provider.over_threshold ?? [];
	return fittedTable(
		[
			{
				title: 'PROVIDER',
				cell: ({provider_id}) => provider_id,
				short: ({provider_id}) => shortId(provider_id),
			},
			{title: 'NAME', cell: ({name}) => name ?? '-', narrowest: 8, rank: 3},
			{title: 'COUNTRY', cell: ({country}) => country, rank: 4},
			{title: 'CPU', cell: ({resources}) => String(resources.cpu)},
			{title: 'MEMORY', cell: ({resources}) => `${resources.memory} GB`},
			{title: 'STORAGE', cell: ({resources}) => `${resources.storage} GB`},
			{title: 'IMAGES', cell: ({images}) => images?.join(', ') ?? '-', narrowest: 6, rank: 1},
			{title: 'ADDRESS', cell: address, narrowest: 15, rank: 2},
			...(found.some(provider => short(provider).length > 0)
				? [
						{
							title: 'NOTE',
							// Fits by what is free, and takes nothing just now.
							cell: (provider: Advertisement) =>
								short(provider).length > 0 ? `short of ${short(provider).join(', ')}` : '',
							narrowest: 18,
						},
					]
				: []),
		],
		found,
	);
}

const mostNamed = 3;

function describeForged(ids: readonly string[]): string {
	const named = ids
		.slice(0, mostNamed)
		.map(id => shortId(id))
		.join(', ');
	const others = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : '';
	return `Left out, for what is said in their name is not signed by them: ${named}${others}.`;
}

export const {description, args, options} = definition;
export default definition;
