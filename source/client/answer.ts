import {StringDecoder} from 'node:string_decoder';
import type * as z from 'zod';
import {GolemError} from '../platform/golem-error.js';
import {parseJson} from '../platform/json.js';
import {printable} from '../platform/printable.js';
import {errorBodySchema, exitCodeOf} from '../protocol/error-codes.js';
import {asSubject, type HttpAnswer} from './http-message.js';

const maximumLineLength = 1024 * 1024;
const maximumAnswerBytes = 16 * 1024 * 1024;
/** Of a stranger's words in an error: what goes on for longer would push what comes before off the screen. */
const maximumWords = 1000;

/** All of an answer's text. @throws BAD_ANSWER where it would fill the memory before its time is up */
export async function readText({body}: HttpAnswer, name: string): Promise<string> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	for await (const chunk of body) {
		bytes += chunk.length;
		if (bytes > maximumAnswerBytes) {
			throw new GolemError('BAD_ANSWER', `What ${name} answered has no end.`);
		}

		chunks.push(chunk);
	}

	return Buffer.concat(chunks).toString();
}

/** The whole lines that each piece of a stream has ended, as they come. */
export async function* readLines({body}: HttpAnswer, name: string): AsyncGenerator<string[]> {
	const decoder = new StringDecoder();
	let rest = '';
	for await (const chunk of body) {
		const lines = (rest + decoder.write(chunk)).split('\n');
		rest = lines.pop() ?? '';
		if (rest.length > maximumLineLength) {
			throw new GolemError('BAD_ANSWER', `A line from ${name} has no end.`);
		}

		yield lines;
	}
}

/** What an answer says, if it has that shape. @throws BAD_ANSWER */
export function parseAnswer<Value>(text: string, schema: z.ZodType<Value>, name: string): Value {
	const parsed = schema.safeParse(parseJson(text));
	if (!parsed.success) {
		throw new GolemError('BAD_ANSWER', `What ${name} answered makes no sense here.`, {
			hint: 'Its version may not fit this one; see `golem version` on both sides.',
			cause: parsed.error,
		});
	}

	return parsed.data;
}

/** Does it come without what was asked for? That nothing has changed is an answer too. */
export function isRefusal({status}: HttpAnswer): boolean {
	return (status < 200 || status > 299) && status !== 304;
}

/** The error that a refusal tells of, with its code. What a stranger says in it is made harmless, and told as theirs. */
export async function readRefusal(
	answer: HttpAnswer,
	name: string,
	{isForeign}: {isForeign: boolean},
): Promise<GolemError> {
	const body = errorBodySchema.safeParse(parseJson(await readText(answer, name)));
	const whenAgain = readRetryAfter(answer.headers['retry-after']);
	if (!body.success) {
		return new GolemError('BAD_ANSWER', `${asSubject(name)} answered ${answer.status}.`, {
			details: whenAgain,
			hint: describeRedirect(answer),
		});
	}

	const {code, message, details} = body.data;
	const given = details['hint'];
	return new GolemError(readable(code), readable(message), {
		exitCode: exitCodeOf(code),
		details: {...details, ...whenAgain},
		hint:
			typeof given === 'string'
				? `${isForeign ? `${asSubject(name)} says: ` : ''}${readable(given)}`
				: undefined,
	});
}

function readable(text: string): string {
	return printable(text.slice(0, maximumWords));
}

/** Redirects are not followed: a server has no say in where else this machine sends requests. */
function describeRedirect({headers: {location}}: HttpAnswer): string | undefined {
	return location === undefined
		? undefined
		: `It points to ${printable(location)}; if that is right, say so where its URL is set.`;
}

/** What the other side's clock shows, in milliseconds since 1970; undefined where it does not tell. */
export function readServerTime({headers: {date}}: HttpAnswer): number | undefined {
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
