import {GolemError} from '../platform/golem-error.js';
import {printableJson, printableLines} from '../platform/printable.js';

/** Tells of what ended a command: to people on stderr, to scripts as the one document on stdout. */
export function report(error: unknown, isJson: boolean): void {
	const known = error instanceof GolemError ? error : describeSystemError(error);
	const code = known?.code ?? 'INTERNAL';
	const message = known?.message ?? (error instanceof Error ? error.message : String(error));
	if (isJson) {
		const details = known && Object.keys(known.details).length > 0 ? {details: known.details} : {};
		const document = JSON.stringify({error: {code, message, hint: known?.hint ?? null, ...details}});
		process.stdout.write(`${process.stdout.isTTY ? printableJson(document) : document}\n`);
		return;
	}

	// Strangers have a say in some of these texts.
	process.stderr.write(`golem: ${printableLines(message)}\n`);
	if (known?.hint) {
		process.stderr.write(`  ${printableLines(known.hint)}\n`);
	}

	if (!known && error instanceof Error) {
		process.stderr.write(`${error.stack}\n`);
	}
}

/** A file that cannot be used is the user's to mend, not ours; undefined for anything else. */
function describeSystemError(error: unknown): GolemError | undefined {
	const reasons: Record<string, string> = {
		EACCES: 'permission denied',
		EPERM: 'not permitted',
		EROFS: 'the file system is read-only',
		ENOSPC: 'the disk is full',
		ENOTDIR: 'a part of the path is no folder',
		EISDIR: 'it is a folder',
		ENOENT: 'it is not there, and cannot be made there',
		EEXIST: 'something else is there by that name',
		ELOOP: 'its links go round in a circle',
		ENAMETOOLONG: 'its name is too long',
	};
	if (!(error instanceof Error && 'code' in error && 'path' in error)) {
		return undefined;
	}

	const reason = reasons[String(error.code)];
	return reason === undefined
		? undefined
		: new GolemError('FILE_UNUSABLE', `${error.path} cannot be used: ${reason}.`, {
				hint: 'Mend that, or set GOLEM_HOME to a folder of your own.',
				cause: error,
			});
}
