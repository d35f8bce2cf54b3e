import * as z from 'zod';
import {type ExitCode, exitCodes, GolemError, type GolemErrorOptions} from '../platform/golem-error.js';

/** Every error an HTTP API answers with: its status, and the exit status of a command that ends with it. */
export const errorCodes = {
	REQ_001: {status: 400, exitCode: exitCodes.usage},
	REQ_002: {status: 413, exitCode: exitCodes.usage},
	REQ_003: {status: 415, exitCode: exitCodes.usage},
	REQ_404: {status: 404, exitCode: exitCodes.notFound},
	REQ_405: {status: 405, exitCode: exitCodes.failed},
	AUTH_001: {status: 401, exitCode: exitCodes.notAllowed},
	AUTH_002: {status: 401, exitCode: exitCodes.notAllowed},
	AUTH_003: {status: 401, exitCode: exitCodes.notAllowed},
	AUTH_004: {status: 403, exitCode: exitCodes.notAllowed},
	ADV_001: {status: 400, exitCode: exitCodes.failed},
	ADV_002: {status: 400, exitCode: exitCodes.usage},
	ADV_004: {status: 404, exitCode: exitCodes.notFound},
	RATE_001: {status: 429, exitCode: exitCodes.conflict},
	RES_001: {status: 409, exitCode: exitCodes.conflict},
	RES_002: {status: 409, exitCode: exitCodes.conflict},
	RES_003: {status: 503, exitCode: exitCodes.conflict},
	VM_001: {status: 500, exitCode: exitCodes.failed},
	VM_002: {status: 404, exitCode: exitCodes.notFound},
	VM_003: {status: 409, exitCode: exitCodes.conflict},
	VM_004: {status: 409, exitCode: exitCodes.conflict},
	IMG_001: {status: 400, exitCode: exitCodes.usage},
	NET_001: {status: 504, exitCode: exitCodes.timedOut},
	NET_003: {status: 409, exitCode: exitCodes.conflict},
	PORT_001: {status: 400, exitCode: exitCodes.usage},
	PORT_004: {status: 403, exitCode: exitCodes.notAllowed},
	SRV_001: {status: 500, exitCode: exitCodes.failed},
	SRV_002: {status: 503, exitCode: exitCodes.notReachable},
} as const satisfies Record<string, {status: number; exitCode: ExitCode}>;

export type ErrorCode = keyof typeof errorCodes;

/** The body of every error answer. Readers accept codes they do not know: the other side may be newer. */
export const errorBodySchema = z.looseObject({
	code: z.string(),
	message: z.string(),
	timestamp: z.string(),
	details: z.record(z.string(), z.unknown()).default({}),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** An error with a code of the contract, thrown where the fault is found and answered by the router. */
export class ApiError extends GolemError {
	override name = 'ApiError';
	readonly status: number;
	readonly headers: Record<string, string>;

	constructor(code: ErrorCode, message: string, options: ApiErrorOptions = {}) {
		super(code, message, {exitCode: errorCodes[code].exitCode, ...options});
		this.status = errorCodes[code].status;
		this.headers = options.headers ?? {};
	}
}

export type ApiErrorOptions = GolemErrorOptions & {
	/** Sent with the answer, such as `Retry-After`. */
	headers?: Record<string, string> | undefined;
};

/** The exit status for a code that came over the wire. */
export function exitCodeOf(code: string): ExitCode {
	return isErrorCode(code) ? errorCodes[code].exitCode : exitCodes.failed;
}

/** Is it a code of this version's? */
export function isErrorCode(code: string): code is ErrorCode {
	return Object.hasOwn(errorCodes, code);
}
