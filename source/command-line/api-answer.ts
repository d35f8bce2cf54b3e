import {STATUS_CODES} from 'node:http';
import {readLines, readText} from '../client/answer.js';
import type {RawAnswer} from '../client/raw-request.js';
import {type ExitCode, exitCodes, GolemError} from '../platform/golem-error.js';
import {printableLines} from '../platform/printable.js';
import {errorBodySchema, exitCodeOf} from '../protocol/error-codes.js';
import type {Context} from './context.js';

/** An answer that has come to its end. `body` is what its JSON says, else its text, else null. */
type WholeAnswer = {status: number; headers: RawAnswer['headers']; body: unknown};

/** Does it come line by line, perhaps for ever? */
export function isStream({headers}: Pick<RawAnswer, 'headers'>): boolean {
	return /^(?:text\/event-stream|application\/x-ndjson)/.test(headers['content-type'] ?? '');
}

/** Prints each line as it comes; with `--json` of events only what they carry. @throws BAD_ANSWER where a line has no end */
export async function printStream(answer: RawAnswer, name: string, {isJson, line}: Context): Promise<void> {
	const isEvents = /event-stream/.test(answer.headers['content-type'] ?? '');
	for await (const lines of readLines(answer, name)) {
		for (const text of lines) {
			const data = isJson && isEvents ? /^data: ?(.*)$/.exec(text)?.[1] : text;
			if (data !== undefined && !(isJson && data === '')) {
				line(shown(data));
			}
		}
	}
}

/** @throws BAD_ANSWER where it has no end */
export async function readWhole(answer: RawAnswer, name: string): Promise<WholeAnswer> {
	const {status, headers} = answer;
	const text = await readText(answer, name);
	return {status, headers, body: text === '' ? null : parseJson(text)};
}

/** Prints an answer; with `head` its status and headers too. */
export function printAnswer(answer: WholeAnswer, {result}: Context, {head}: {head: boolean}): void {
	const {status, headers, body} = answer;
	const text =
		body === null
			? ''
			: typeof body === 'string'
				? body.trimEnd()
				: JSON.stringify(body, null, process.stdout.isTTY ? 2 : undefined);
	const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}`);
	const whole = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd(), ...lines, '', text].join('\n');
	result(head ? answer : body, () => shown(head ? whole : text));
}

/** The error of an answer that is one; undefined otherwise. */
export function errorOf({status, headers, body}: WholeAnswer, name: string): GolemError | undefined {
	if (status < 400) {
		return undefined;
	}

	const {data} = errorBodySchema.safeParse(body);
	const hint = data?.details['hint'];
	return new GolemError(data?.code ?? 'BAD_ANSWER', data?.message ?? `The answer of ${name} is ${status}.`, {
		exitCode: data ? exitCodeOf(data.code) : exitCodeOfStatus(status),
		hint: typeof hint === 'string' ? hint : undefined,
		details: {...data?.details, status, headers},
	});
}

/** For an error without a code of ours, such as a proxy's. */
function exitCodeOfStatus(status: number): ExitCode {
	const known: Readonly<Record<number, ExitCode>> = {
		401: exitCodes.notAllowed,
		403: exitCodes.notAllowed,
		404: exitCodes.notFound,
		408: exitCodes.timedOut,
		409: exitCodes.conflict,
		429: exitCodes.conflict,
		502: exitCodes.notReachable,
		503: exitCodes.notReachable,
		504: exitCodes.timedOut,
	};
	return known[status] ?? exitCodes.failed;
}

/** A terminal is not to be led by what strangers answer; a file or a pipe gets it as it is. */
function shown(text: string): string {
	return process.stdout.isTTY ? printableLines(text) : text;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
