import type {CancelableRequest, Got, Response} from 'got';
import type * as z from 'zod';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {errorBodySchema, exitCodeOf} from '../protocol/error-codes.js';

export type HttpClientOptions = {
	/** `http://host:port`, or the path of a unix socket. */
	target: {url: string} | {socket: string};
	/** What is on the other side, for messages: `the provider 0x…`. */
	name: string;
	/** What to do when it cannot be reached. */
	hint?: string | undefined;
	/** Headers that prove who sends; made anew for each request. */
	sign?: ((request: {method: string; path: string; body: string}) => Record<string, string>) | undefined;
	/** Told of each answer's headers, whatever comes of the answer. */
	onHeaders?: ((headers: Response['headers']) => void) | undefined;
};

export type SendOptions = {
	body?: unknown;
	headers?: Record<string, string> | undefined;
	timeoutMs?: number | undefined;
	signal?: AbortSignal | undefined;
};

type GetOptions = Pick<SendOptions, 'timeoutMs' | 'signal'>;

/** A server answered. Times are in milliseconds since 1970. */
export type SignOfLife = {
	/** When it was asked and when its answer came, by this machine's clock. */
	askedAtMs: number;
	answeredAtMs: number;
	/** What its own clock showed, cut to whole seconds; undefined where it does not tell. */
	serverTimeMs: number | undefined;
};

/** What a question was answered with that may have been asked before. */
export type ConditionalAnswer<Value> = {
	/** What its own clock showed, cut to whole seconds; undefined where it does not tell. */
	serverTimeMs: number | undefined;
} & (
	| {unchanged: true}
	| {
			unchanged: false;
			value: Value;
			/** To ask with the next time; undefined where the other side gave none. */
			etag: string | undefined;
			headers: Response['headers'];
	  }
);

export type HttpClient = {
	/**
	Sends a request and checks the answer's shape.
	@throws GolemError with the code the other side gave; NOT_REACHABLE, NET_001 (timed out) or BAD_ANSWER. Where it was
	told when to come again, the details have it as `retry_after_seconds`.
	*/
	send<Value>(
		method: 'GET' | 'POST' | 'DELETE',
		path: string,
		schema: z.ZodType<Value>,
		options?: SendOptions,
	): Promise<Value>;
	/** Asks whether there is something else than what came with that ETag. @throws as `send` does */
	getIfChanged<Value>(
		path: string,
		schema: z.ZodType<Value>,
		options?: GetOptions & {etag?: string | undefined},
	): Promise<ConditionalAnswer<Value>>;
	/** The answer as it is. @throws as `send` does */
	text(path: string, options?: GetOptions): Promise<string>;
	/** Asks for nothing but a sign of life, and the time over there. @throws as `send` does */
	signOfLife(path: string, options?: GetOptions): Promise<SignOfLife>;
	/** The lines of a streamed answer as they come; it ends with the stream. */
	lines(path: string, options?: Pick<SendOptions, 'signal' | 'headers'>): AsyncGenerator<string>;
};

const defaultTimeoutMs = 15_000;
/** A stream has a line every ten seconds; one that is silent for longer is dead. */
const streamSilenceMs = 30_000;
const maximumLineBytes = 1024 * 1024;
const maximumAnswerBytes = 16 * 1024 * 1024;
/** A longer one is not worth sending back. */
const maximumEtagLength = 256;

export function createHttpClient({target, name, hint, sign, onHeaders}: HttpClientOptions): HttpClient {
	const base = 'url' in target ? target.url.replace(/\/+$/, '') : `http://unix:${target.socket}:`;
	const headersFor = (method: string, path: string, body: string, extra?: Record<string, string>) => ({
		...(body === '' ? {} : {'content-type': 'application/json'}),
		...sign?.({method, path, body}),
		...extra,
	});

	async function get(
		path: string,
		{timeoutMs = defaultTimeoutMs, signal, headers}: Omit<SendOptions, 'body'> = {},
	): Promise<Response<string>> {
		try {
			const client = await loadGot();
			return await readBounded(
				client(`${base}${path}`, {
					...(headers ? {headers} : {}),
					timeout: {request: timeoutMs},
					...(signal ? {signal} : {}),
				}),
			);
		} catch (error) {
			throw await translateError(error, {name, hint, timeoutMs, signal});
		}
	}

	return {
		async send(method, path, schema, {body, headers, timeoutMs = defaultTimeoutMs, signal} = {}) {
			const text = body === undefined ? '' : JSON.stringify(body);
			try {
				const client = await loadGot();
				const answer = await readBounded(
					client(`${base}${path}`, {
						method,
						headers: headersFor(method, path, text, headers),
						...(body === undefined ? {} : {body: text}),
						timeout: {request: timeoutMs},
						...(signal ? {signal} : {}),
					}).on('response', ({headers: told}: Response) => onHeaders?.(told)),
				);
				return parseAnswer(answer.body, schema, name);
			} catch (error) {
				throw await translateError(error, {name, hint, timeoutMs, signal});
			}
		},

		async getIfChanged(path, schema, {etag, ...options} = {}) {
			const condition = etag === undefined ? {} : {'if-none-match': etag};
			const {statusCode, headers, body} = await get(path, {
				...options,
				headers: headersFor('GET', path, '', condition),
			});
			const serverTimeMs = readServerTime(headers.date);
			if (etag !== undefined && statusCode === 304) {
				return {unchanged: true, serverTimeMs};
			}

			const isUsable = (headers.etag ?? '').length <= maximumEtagLength;
			return {
				unchanged: false,
				value: parseAnswer(body, schema, name),
				etag: isUsable ? headers.etag : undefined,
				headers,
				serverTimeMs,
			};
		},

		text: async (path, options) => (await get(path, options)).body,

		async signOfLife(path, options) {
			// What has to be loaded first is no part of the way there.
			await loadGot();
			const askedAtMs = Date.now();
			const {headers} = await get(path, options);
			return {askedAtMs, answeredAtMs: Date.now(), serverTimeMs: readServerTime(headers.date)};
		},

		async *lines(path, {signal, headers} = {}) {
			try {
				const client = await loadGot();
				const stream = client.stream(`${base}${path}`, {
					headers: headersFor('GET', path, '', headers),
					timeout: {connect: defaultTimeoutMs, socket: streamSilenceMs},
					...(signal ? {signal} : {}),
				});
				// got still listens to the signal when the stream is over, and its error then is nobody's any more.
				stream.on('error', () => {});
				stream.on('response', (response: Response) => onHeaders?.(response.headers));
				let rest = '';
				stream.setEncoding('utf8');
				for await (const chunk of stream) {
					const lines = (rest + String(chunk)).split('\n');
					rest = lines.pop() ?? '';
					if (rest.length > maximumLineBytes) {
						throw new GolemError('BAD_ANSWER', `A line from ${name} has no end.`);
					}

					yield* lines;
				}
			} catch (error) {
				if (signal?.aborted) {
					return;
				}

				throw await translateError(error, {name, hint, timeoutMs: streamSilenceMs, signal});
			}
		},
	};
}

/** Loaded with the first request: a command that sends none does not wait for it. */
async function loadGot(): Promise<Got> {
	const {default: got} = await import('got');
	// Retries are off: only the caller knows what may be sent twice, and over a stale socket they cost seconds.
	return got.extend({enableUnixSockets: true, retry: {limit: 0}, throwHttpErrors: true, decompress: false});
}

/** An answer without end would fill the memory before its time is up. Nothing is unpacked, so what comes is what counts. */
async function readBounded(request: CancelableRequest<Response<string>>): Promise<Response<string>> {
	request.on('downloadProgress', ({transferred}) => {
		if (transferred > maximumAnswerBytes) {
			request.cancel('the answer is too long');
		}
	});
	return request;
}

function parseAnswer<Value>(text: string, schema: z.ZodType<Value>, name: string): Value {
	const parsed = schema.safeParse(parseJson(text));
	if (!parsed.success) {
		throw new GolemError('BAD_ANSWER', `What ${name} answered makes no sense here.`, {
			hint: 'Its version may not fit this one; see `golem version` on both sides.',
			cause: parsed.error,
		});
	}

	return parsed.data;
}

async function translateError(
	error: unknown,
	{
		name,
		hint,
		timeoutMs,
		signal,
	}: {name: string; hint: string | undefined; timeoutMs: number; signal: AbortSignal | undefined},
): Promise<unknown> {
	if (signal?.aborted) {
		return signal.reason;
	}

	const {CancelError, HTTPError, RequestError, TimeoutError} = await import('got');
	if (error instanceof CancelError) {
		return new GolemError('BAD_ANSWER', `What ${name} answered has no end.`, {cause: error});
	}

	if (error instanceof HTTPError) {
		const whenAgain = readRetryAfter(error.response.headers['retry-after']);
		const body = errorBodySchema.safeParse(parseJson(String(error.response.body)));
		if (body.success) {
			const {code, message, details} = body.data;
			const given = details['hint'];
			return new GolemError(code, message, {
				exitCode: exitCodeOf(code),
				details: {...details, ...whenAgain},
				hint: typeof given === 'string' ? given : undefined,
				cause: error,
			});
		}

		return new GolemError('BAD_ANSWER', `${capitalise(name)} answered ${error.response.statusCode}.`, {
			details: whenAgain,
			cause: error,
		});
	}

	if (error instanceof TimeoutError) {
		return new GolemError('NET_001', `${capitalise(name)} did not answer in ${timeoutMs / 1000} s.`, {
			exitCode: exitCodes.timedOut,
			hint,
			cause: error,
		});
	}

	if (error instanceof RequestError) {
		return new GolemError('NOT_REACHABLE', `${capitalise(name)} cannot be reached (${error.code}).`, {
			exitCode: exitCodes.notReachable,
			hint,
			cause: error,
		});
	}

	return error;
}

function readServerTime(date: string | undefined): number | undefined {
	const timeMs = Date.parse(date ?? '');
	return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Seconds, or the time of a day. */
function readRetryAfter(text: string | undefined): {retry_after_seconds?: number} {
	if (text === undefined) {
		return {};
	}

	const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000);
	return Number.isFinite(seconds) ? {retry_after_seconds: Math.max(0, seconds)} : {};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function capitalise(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
