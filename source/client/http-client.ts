import type * as z from 'zod';
import {isRefusal, parseAnswer, readLines, readRefusal, readServerTime, readText} from './answer.js';
import {contentHeaders, type HttpAnswer, type HttpRequest, type HttpTarget} from './http-message.js';
import {sendPlain} from './plain-request.js';
import {startDeadline} from './request-deadline.js';

export type HttpClientOptions = {
	target: HttpTarget;
	/** What is on the other side, for messages: `the provider 0x…`. */
	name: string;
	/** What to do when it cannot be reached. */
	hint?: string | undefined;
	/** Headers that prove who sends; made anew for each request. */
	sign?: ((request: {method: string; path: string; body: string}) => Record<string, string>) | undefined;
	/** Told of each answer's headers, whatever comes of the answer. */
	onHeaders?: ((headers: HttpAnswer['headers']) => void) | undefined;
};

type Method = 'GET' | 'POST' | 'DELETE';

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
			headers: HttpAnswer['headers'];
	  }
);

export type HttpClient = {
	/**
	Sends a request and checks the answer's shape.
	@throws GolemError with the code the other side gave; NOT_REACHABLE, NET_001 (timed out) or BAD_ANSWER. Where it was
	told when to come again, the details have it as `retry_after_seconds`.
	*/
	send<Value>(method: Method, path: string, schema: z.ZodType<Value>, options?: SendOptions): Promise<Value>;
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

type Send = (request: Omit<HttpRequest, 'target'> & {method: Method}) => Promise<HttpAnswer>;
type Question = Pick<SendOptions, 'body' | 'headers'> & {method: Method; path: string};

const defaultTimeoutMs = 15_000;
/** A stream has a line every ten seconds; one that is silent for longer is dead. */
const streamSilenceMs = 30_000;
/** A longer one is not worth sending back. */
const maximumEtagLength = 256;

export function createHttpClient({target, name, hint, sign, onHeaders}: HttpClientOptions): HttpClient {
	/** Loaded with the first request: a command that sends none does not wait for it. */
	async function loadSend(): Promise<Send> {
		if ('socket' in target) {
			return request => sendPlain({...request, target});
		}

		const {sendByGot} = await import('./got-request.js');
		return request => sendByGot({...request, target});
	}

	/** An answer whose headers have come. @throws the error that it tells of */
	async function open(send: Send, question: Question, signal: AbortSignal): Promise<HttpAnswer> {
		const {method, path} = question;
		const body = question.body === undefined ? '' : JSON.stringify(question.body);
		const headers = {...contentHeaders(body), ...sign?.({method, path, body}), ...question.headers};
		const answer = await send({method, path, headers, body, signal});
		onHeaders?.(answer.headers);
		if (isRefusal(answer)) {
			throw await readRefusal(answer, name, {isForeign: 'url' in target});
		}

		return answer;
	}

	/** All of an answer. */
	async function ask(
		method: Method,
		path: string,
		{body, headers, timeoutMs = defaultTimeoutMs, signal}: SendOptions = {},
	): Promise<HttpAnswer & {text: string}> {
		const send = await loadSend();
		const deadline = startDeadline(timeoutMs, {name, hint, signal});
		try {
			const answer = await open(send, {method, path, body, headers}, deadline.signal);
			return {...answer, text: await readText(answer, name)};
		} catch (error) {
			throw deadline.explain(error);
		} finally {
			deadline.clear();
		}
	}

	return {
		async send(method, path, schema, options) {
			const {text} = await ask(method, path, options);
			return parseAnswer(text, schema, name);
		},

		async getIfChanged(path, schema, {etag, ...options} = {}) {
			const condition = etag === undefined ? {} : {'if-none-match': etag};
			const answer = await ask('GET', path, {...options, headers: condition});
			const serverTimeMs = readServerTime(answer);
			if (etag !== undefined && answer.status === 304) {
				return {unchanged: true, serverTimeMs};
			}

			const {headers, text} = answer;
			const isUsable = (headers.etag ?? '').length <= maximumEtagLength;
			return {
				unchanged: false,
				value: parseAnswer(text, schema, name),
				etag: isUsable ? headers.etag : undefined,
				headers,
				serverTimeMs,
			};
		},

		text: async (path, options) => (await ask('GET', path, options)).text,

		async signOfLife(path, options) {
			// What has to be loaded first is no part of the way there.
			await loadSend();
			const askedAtMs = Date.now();
			const answer = await ask('GET', path, options);
			return {askedAtMs, answeredAtMs: Date.now(), serverTimeMs: readServerTime(answer)};
		},

		async *lines(path, {signal, headers} = {}) {
			const send = await loadSend();
			const deadline = startDeadline(defaultTimeoutMs, {name, hint, signal});
			try {
				const answer = await open(send, {method: 'GET', path, headers}, deadline.signal);
				deadline.extend(streamSilenceMs);
				for await (const lines of readLines(answer, name)) {
					// However long whoever reads them takes over these, the silence is not the other side's.
					deadline.lift();
					yield* lines;
					deadline.extend(streamSilenceMs);
				}
			} catch (error) {
				if (!signal?.aborted) {
					throw deadline.explain(error);
				}
			} finally {
				deadline.clear();
			}
		},
	};
}
