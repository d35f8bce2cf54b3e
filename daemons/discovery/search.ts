import * as z from 'zod';
import {
	type Advertisement,
	advertisementQuerySchema,
	advertisementSchema,
} from '../../source/protocol/advertisement.js';
import {type Route, route} from '../host/router.js';
import {cursorSchema, writeCursor} from './cursor.js';
import {entityTag, hasEntity} from './entity-tag.js';
import {after, positionOf} from './freshness-order.js';
import type {Registry} from './registry.js';

const path = '/api/v1/advertisements';

/** What a reader of this program's takes at once is 16 MB, and whoever advertises may fill 64 KiB. */
const maximumPageBytes = 8 * 1024 * 1024;

const querySchema = advertisementQuerySchema.extend({cursor: cursorSchema.optional()});
type Query = z.infer<typeof querySchema>;

/** What goes out: ids that came in in any case are in lower case now. */
export const publishedSchema = advertisementSchema.extend({
	provider_id: z.string().regex(/^0x[0-9a-f]{40}$/),
});

type Page = {advertisements: Advertisement[]; total: number; next: string | undefined};

/** Pages of advertisements. Who asks again with the tag of the answer before hears only what has changed. */
export function searchRoute(registry: Registry, {logsSearches}: {logsSearches: boolean}): Route {
	const find = createFinder(registry);
	return route({
		method: 'GET',
		path,
		summary: 'Providers that have at least that much, freshest first, page by page.',
		query: querySchema,
		requestHeaders: {'If-None-Match': 'The ETag of an earlier answer to the same question.'},
		answers: [
			{
				status: 200,
				description: 'As many of them as the limit allows, or fewer where they are very long.',
				headersAtTimes: {Link: 'Where there are more: the address of the next page, with rel="next".'},
				schema: z.array(publishedSchema),
				headers: {
					'X-Total-Count': 'How many there are in all.',
					ETag: 'Stands for this page and the number of all.',
					'Cache-Control': 'no-cache: ask again each time.',
				},
			},
			{
				status: 304,
				description: 'Nothing has changed since the answer with that ETag. There is no body.',
				headers: {ETag: 'The same.', 'Cache-Control': 'no-cache'},
			},
		],
		handle({query, headers, log}) {
			const {advertisements, total, next} = find(query);
			const tag = tagOf({advertisements, total, next});
			const isKnown = hasEntity(headers['if-none-match'], tag);
			if (logsSearches) {
				log.info({query, found: advertisements.length, total, unchanged: isKnown}, 'searched');
			}

			const common = {ETag: tag, 'Cache-Control': 'no-cache'};
			if (isKnown) {
				return {status: 304, headers: common};
			}

			return {
				headers: {...common, 'X-Total-Count': String(total), ...linkTo(query, next)},
				body: advertisements,
			};
		},
	});
}

function createFinder(registry: Registry): (query: Query) => Page {
	const sizes = new WeakMap<Advertisement, number>();
	const sizeOf = (advertisement: Advertisement) => {
		const size = sizes.get(advertisement) ?? Buffer.byteLength(JSON.stringify(advertisement));
		sizes.set(advertisement, size);
		return size;
	};
	return ({cpu = 0, memory = 0, storage = 0, country, limit, cursor}) => {
		const all = registry.find({minimum: {cpu, memory, storage}, country});
		const rest = cursor ? after(all, cursor) : all;
		const advertisements = takeWhileSmall(rest.slice(0, limit), sizeOf);
		const last = advertisements.at(-1);
		return {
			advertisements,
			total: all.length,
			next: last && rest.length > advertisements.length ? writeCursor(positionOf(last)) : undefined,
		};
	};
}

function takeWhileSmall(
	advertisements: Advertisement[],
	sizeOf: (advertisement: Advertisement) => number,
): Advertisement[] {
	let bytes = 0;
	const tooMany = advertisements.findIndex(advertisement => {
		bytes += sizeOf(advertisement);
		return bytes > maximumPageBytes;
	});
	return tooMany < 0 ? advertisements : advertisements.slice(0, tooMany);
}

/** Also over the number of all, so that a reader of the first page hears of one that went from a later one. */
function tagOf({advertisements, total, next}: Page): string {
	return entityTag([
		`${total} ${next}`,
		...advertisements.map(({provider_id, updated_at}) => `${provider_id} ${updated_at}`),
	]);
}

/** An address on the same server, whatever its name is out there. */
function linkTo({cursor: _, ...query}: Query, next: string | undefined): Record<string, string> {
	if (next === undefined) {
		return {};
	}

	const parameters = new URLSearchParams(
		Object.entries({...query, cursor: next}).flatMap(
			([name, value]): Array<[string, string]> => (value === undefined ? [] : [[name, String(value)]]),
		),
	);
	return {Link: `<${path}?${parameters}>; rel="next"`};
}
