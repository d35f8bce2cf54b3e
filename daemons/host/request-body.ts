import type http from 'node:http';
import type * as z from 'zod';
import {ApiError, type ErrorCode} from '../../source/protocol/error-codes.js';

/** Deeper than this nobody means it, and whoever walks through a value by recursion runs out of stack somewhere. */
const maximumDepth = 64;
/** Each fault of a body is told, but 64 KiB of them would make an answer of megabytes. */
const maximumIssues = 20;

/** Thrown where a caller went away in the middle of a request: there is nobody left to answer. */
export class CallerGone extends Error {
	override name = 'CallerGone';
}

/** @throws REQ_002 for too large a body, CallerGone for one that breaks off */
export async function readBody(incoming: http.IncomingMessage, limit: number): Promise<Buffer> {
	const tooLarge = () => new ApiError('REQ_002', `The body is larger than ${limit} bytes.`);
	if (Number(incoming.headers['content-length'] ?? 0) > limit) {
		throw tooLarge();
	}

	const chunks: Buffer[] = [];
	let size = 0;
	try {
		for await (const chunk of incoming) {
			size += chunk.length;
			if (size > limit) {
				throw tooLarge();
			}

			chunks.push(chunk);
		}
	} catch (error) {
		throw error instanceof ApiError ? error : new CallerGone('the body broke off', {cause: error});
	}

	return Buffer.concat(chunks);
}

/** @throws REQ_003 where it does not say that it is JSON, REQ_001 where it is none */
export function parseJson(incoming: http.IncomingMessage, rawBody: Buffer): unknown {
	const contentType = incoming.headers['content-type'] ?? '';
	if (!/^application\/json\s*(;|$)/i.test(contentType)) {
		throw new ApiError('REQ_003', 'The body must be sent as application/json.');
	}

	const notJson = (message: string) =>
		new ApiError('REQ_001', 'The body is not JSON.', {details: {issues: [{path: '', message}]}});
	let value: unknown;
	try {
		// Two texts must not be read as the same one, so bytes that are no UTF-8 are not replaced by others.
		value = JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(rawBody));
	} catch (error) {
		throw notJson(error instanceof SyntaxError ? error.message : 'must be UTF-8');
	}

	if (isDeeperThan(maximumDepth, value)) {
		throw notJson(`must not be nested more than ${maximumDepth} levels deep`);
	}

	return value;
}

/** @throws the code for the one field that is wrong, REQ_001 in all other cases */
export function parseWith<Value>(
	schema: z.ZodType<Value>,
	value: unknown,
	what: string,
	faultCodes: Readonly<Record<string, ErrorCode>> = {},
): Value {
	const parsed = schema.safeParse(value);
	if (parsed.success) {
		return parsed.data;
	}

	const all = parsed.error.issues;
	const issues = all
		.slice(0, maximumIssues)
		.map(issue => ({path: issue.path.join('.'), message: issue.message}));
	const told = issues.map(({path, message}) => (path ? `${path}: ${message}` : message));
	const summary = [
		...told,
		...(all.length > issues.length ? [`and ${all.length - issues.length} more`] : []),
	];
	const fields = new Set(all.map(({path}) => String(path[0])));
	const [field] = fields;
	const code =
		(fields.size === 1 && field !== undefined && Object.hasOwn(faultCodes, field) && faultCodes[field]) ||
		'REQ_001';
	throw new ApiError(code, `The ${what} does not fit: ${summary.join('; ')}`, {details: {issues}});
}

function isDeeperThan(maximum: number, value: unknown): boolean {
	let level = [value];
	for (let depth = 0; level.length > 0; depth++) {
		if (depth > maximum) {
			return true;
		}

		level = level.flatMap(item => (typeof item === 'object' && item !== null ? Object.values(item) : []));
	}

	return false;
}
