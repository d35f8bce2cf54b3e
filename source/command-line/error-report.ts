import {describeFileFault} from '../platform/file-fault.js';
import {GolemError} from '../platform/golem-error.js';
import {printableJson, printableLines} from '../platform/printable.js';

/** Tells of what ended a command: to people on stderr, to scripts as the one document on stdout. */
export function report(error: unknown, isJson: boolean): void {
	const known = error instanceof GolemError ? error : describeFileFault(error);
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
