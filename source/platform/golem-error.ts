/** What a person or a script learns from an error besides its message. */
export type GolemErrorOptions = {
	/** What to do next, as one sentence or command. */
	hint?: string | undefined;
	/** Exit status of the program when this error ends it (see `exitCodes`). */
	exitCode?: ExitCode | undefined;
	/** Facts a program may act on; goes out with the answer, so no secrets. */
	details?: Record<string, unknown> | undefined;
	cause?: unknown;
};

/** Exit statuses of `golem`; scripts rely on them. */
export const exitCodes = {
	done: 0,
	failed: 1,
	usage: 2,
	notFound: 3,
	notAllowed: 4,
	notReachable: 5,
	conflict: 6,
	timedOut: 7,
	interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
The one error of this program. `code` is stable and meant for programs, the message is for people. Errors of the HTTP
APIs carry a code of `protocol/error-codes.ts`; local ones a word such as `SETTINGS_INVALID`.
*/
export class GolemError extends Error {
	override name = 'GolemError';
	readonly code: string;
	readonly hint: string | undefined;
	readonly exitCode: ExitCode;
	readonly details: Record<string, unknown>;

	constructor(code: string, message: string, options: GolemErrorOptions = {}) {
		super(message, {cause: options.cause});
		this.code = code;
		this.hint = options.hint;
		this.exitCode = options.exitCode ?? exitCodes.failed;
		this.details = options.details ?? {};
	}
}
