import http from 'node:http';

export type SentRequest = {
	method?: string;
	path: string;
	headers?: Record<string, string>;
	body?: string | Uint8Array;
	/** Sends the body in pieces, without saying how long it is. */
	chunked?: boolean;
};

export type Answer = {
	status: number;
	headers: http.IncomingHttpHeaders;
	text: string;
	/** The body's JSON, or undefined where it is none. */
	// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has, and fails where it has not
	json: any;
};

/** One request over a connection of its own, to a URL or a unix socket, with any header there is. */
export function send(
	target: {url: string} | {socket: string},
	{method = 'GET', path, headers = {}, body, chunked = false}: SentRequest,
): Promise<Answer> {
	const where =
		'url' in target
			? {host: new URL(target.url).hostname, port: new URL(target.url).port}
			: {socketPath: target.socket};
	return new Promise((resolve, reject) => {
		const request = http.request({
			...where,
			method,
			path,
			agent: false,
			headers: {
				...(body === undefined || chunked ? {} : {'Content-Length': String(Buffer.byteLength(body))}),
				...headers,
			},
		});
		request.once('error', reject);
		request.once('response', response => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.once('error', reject);
			response.once('end', () => {
				const text = Buffer.concat(chunks).toString('utf8');
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					text,
					json: parseJson(text),
				});
			});
		});
		if (body !== undefined) {
			request.write(body);
		}

		request.end();
	});
}

/** Sends a value as JSON. */
export function postJson(
	target: {url: string} | {socket: string},
	path: string,
	body: unknown,
	headers: Record<string, string> = {},
): Promise<Answer> {
	return send(target, {
		method: 'POST',
		path,
		body: JSON.stringify(body),
		headers: {'Content-Type': 'application/json', ...headers},
	});
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
