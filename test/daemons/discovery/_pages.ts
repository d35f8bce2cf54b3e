import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {discoveryRoutes} from '../../../daemons/discovery/api.js';
import {createRegistry} from '../../../daemons/discovery/registry.js';
import {openStore} from '../../../source/platform/store.js';
import {advertisementSchema} from '../../../source/protocol/advertisement.js';
import {startApiServer} from '../../support/api-server.js';
import {type Answer, send} from '../../support/http.js';
import {temporaryFolder} from '../../support/temporary-folder.js';

export const advertisements = '/api/v1/advertisements';
export const provider = (number: number) => `0x${number.toString(16).padStart(40, '0')}`;

const mostPages = 100;
const startOfTest = Date.parse('2025-02-20T15:00:00.000Z');

/** A discovery server at a time the test sets, which takes advertisements without their signatures. */
export async function startRegistry(t: ExecutionContext) {
	const clock = {now: startOfTest};
	const file = path.join(await temporaryFolder(t), 'discovery.db');
	const store = await openStore({file, schema: advertisementSchema, durability: 'normal'});
	t.teardown(async () => store.close());
	const registry = await createRegistry(store, () => clock.now);
	const {url} = await startApiServer(
		t,
		discoveryRoutes({registry, requireSignatures: true, allowPrivate: false, onChange() {}}),
	);
	const put = (number: number, change: Record<string, unknown> = {}) =>
		registry.put({
			provider_id: provider(number),
			ip_address: '198.51.100.7',
			country: 'SE',
			resources: {cpu: 4, memory: 8, storage: 100},
			timestamp: new Date(clock.now).toISOString(),
			signature: '0x',
			...change,
		});
	return {clock, registry, put, target: {url}};
}

/** The address of the next page, as a browser would understand it; undefined where there is none. */
export function nextPage({headers}: Answer): string | undefined {
	const [, address] = /^<([^>]+)>; rel="next"$/.exec(String(headers['link'] ?? '')) ?? [];
	return address;
}

export const idsOf = ({json}: Answer): string[] =>
	json.map(({provider_id}: {provider_id: string}) => provider_id);

/** Follows the links to the end. @param between is done before each page but the first */
export async function readPages(
	target: {url: string},
	query: string,
	between: (pageNumber: number) => Promise<void> = async () => {},
): Promise<Answer[]> {
	const answers: Answer[] = [];
	for (let next: string | undefined = `${advertisements}?${query}`; next !== undefined; ) {
		if (answers.length > 0) {
			await between(answers.length);
		}

		const answer: Answer = await send(target, {path: next});
		answers.push(answer);
		if (answers.length > mostPages) {
			throw new Error(`The pages of ${query} have no end.`);
		}

		next = nextPage(answer);
	}

	return answers;
}
