import type http from 'node:http';
import type {ExecutionContext} from 'ava';
import {startHttpServer} from '../../support/http-server.js';

export type StandIn = {
	url: string;
	/** Path and query of all that came in, and the status it got. */
	asked: Array<{path: string; status: number}>;
	/** What there is, the freshest first. */
	advertisements: Array<ReturnType<typeof advertisement>>;
	/** Answers instead of the pages while it is set. */
	instead: ((response: http.ServerResponse) => void) | undefined;
};

export const provider = (number: number) => `0x${number.toString(16).padStart(40, '0')}`;

/** An advertisement that nobody has signed, of that many milliseconds ago. */
export function advertisement(number: number, ageMs: number, change: Record<string, unknown> = {}) {
	const at = new Date(Date.now() - ageMs).toISOString();
	return {
		provider_id: provider(number),
		ip_address: '198.51.100.7',
		country: 'SE',
		resources: {cpu: 4, memory: 8, storage: 100},
		timestamp: at,
		signature: '0x',
		created_at: at,
		updated_at: at,
		...change,
	};
}

/** A server of as many advertisements as there are to be, which counts; its cursors are numbers. */
export async function startStandIn(t: ExecutionContext): Promise<StandIn> {
	const standIn: StandIn = {url: '', asked: [], advertisements: [], instead: undefined};
	const {url} = await startHttpServer(t, (response, request) => {
		response.once('finish', () => standIn.asked.push({path: request.url ?? '', status: response.statusCode}));
		if (standIn.instead) {
			standIn.instead(response);
			return;
		}

		answerPage(standIn, request, response);
	});
	return Object.assign(standIn, {url});
}

function answerPage(
	{advertisements}: StandIn,
	request: http.IncomingMessage,
	response: http.ServerResponse,
): void {
	const {searchParams} = new URL(request.url ?? '', 'http://stand-in');
	const begin = Number(searchParams.get('cursor') ?? 0);
	const end = begin + Number(searchParams.get('limit') ?? 100);
	const page = advertisements.slice(begin, end);
	const etag = `"${advertisements.length} ${page
		.map(({updated_at}) => Date.parse(updated_at))
		.join('')
		.slice(0, 100)}"`;
	if (request.headers['if-none-match'] === etag) {
		response.writeHead(304, {ETag: etag}).end();
		return;
	}

	response
		.writeHead(200, {
			ETag: etag,
			'X-Total-Count': String(advertisements.length),
			...(end < advertisements.length ? {Link: `<?cursor=${end}>; rel="next"`} : {}),
		})
		.end(JSON.stringify(page));
}
