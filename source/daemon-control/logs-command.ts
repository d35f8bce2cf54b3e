import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {readableLogLine} from '../platform/log-line.js';
import type {DaemonName} from '../platform/paths.js';
import {controlOf, findDaemon} from './daemon-control.js';
import {readLogTail} from './log-file.js';
import {type LogLevel, logLevels, passesLevel} from './log-level.js';
import {describeOtherVersion} from './other-version.js';
import {isSilence} from './silence.js';

const mostLines = 10_000;
/** What can have been written between two questions, and is then in both answers. */
const overlapLines = 500;

type LogOptions = {lines: number; follow?: boolean | undefined; level?: LogLevel | undefined};

/** `golem <daemon> logs [--follow]`. */
export function logsCommand(name: DaemonName): Command {
	return command({
		description: `Show the log of the ${name}`,
		args: z.tuple([]),
		options: z.object({
			lines: z.number().int().min(0).max(mostLines).default(100).describe('How many of the last lines'),
			follow: z.boolean().optional().describe('Go on with what comes, until Ctrl-C'),
			level: z
				.enum(logLevels)
				.optional()
				.describe(`Only what is that grave or graver: ${logLevels.join(', ')}`),
		}),
		documents: ['log-line'],
		examples: [
			`golem ${name} logs --follow`,
			`golem ${name} logs --level warn`,
			`golem ${name} logs --lines 20 --json`,
		],
		async run(context, {options}) {
			const {isJson, line, signal} = context;
			for await (const entry of readLog(name, context, options)) {
				if (entry !== '') {
					line(isJson ? asJson(entry) : readableLogLine(entry));
				}
			}

			return signal.aborted ? exitCodes.interrupted : exitCodes.done;
		},
	});
}

/** A process that falls over writes what is no JSON into its log. */
function asJson(entry: string): string {
	try {
		const parsed: unknown = JSON.parse(entry);
		if (typeof parsed === 'object' && parsed !== null) {
			return entry;
		}
	} catch {}

	return JSON.stringify({time: null, level: null, msg: entry});
}

/** From the daemon itself; where none runs or it does not answer, what it has written is read from the file. */
async function* readLog(name: DaemonName, context: Context, options: LogOptions): AsyncGenerator<string> {
	const {paths, note} = context;
	const status = await findDaemon(name, paths).catch((error: unknown) =>
		isSilence(error) ? error : Promise.reject(error),
	);
	const silence = status instanceof GolemError ? status : undefined;
	if (status && !(status instanceof GolemError)) {
		const other = describeOtherVersion(name, status);
		if (other !== undefined) {
			note(other);
		}

		yield* readFromDaemon(name, context, options);
		return;
	}

	const left = await readLogTail(paths.daemonLog(name));
	if (!left) {
		throw new GolemError('NO_LOG', `The ${name} has never run for ${paths.home}.`, {
			exitCode: exitCodes.notFound,
			hint: `Start it with: golem ${name} --detach`,
		});
	}

	note(
		silence
			? `${silence.message} This is what it has written in ${paths.daemonLog(name)}`
			: `The ${name} is not running; this is what it has left in ${paths.daemonLog(name)}`,
	);
	yield* lastOf(left, options);
}

async function* readFromDaemon(
	name: DaemonName,
	{paths, signal}: Context,
	{lines, follow = false, level}: LogOptions,
): AsyncGenerator<string> {
	const control = controlOf(name, paths);
	if (level === undefined) {
		yield* control.logs({lines, follow}, signal);
		return;
	}

	// The last lines of that level may be far back.
	const seen: string[] = [];
	for await (const entry of control.logs({lines: mostLines, follow: false}, signal)) {
		seen.push(entry);
	}

	yield* lastOf(seen, {lines, level});
	if (follow) {
		yield* readOn(control.logs({lines: overlapLines, follow}, signal), seen, level);
	}
}

/** What comes after the lines that were seen already, some of which come again at first. */
async function* readOn(
	coming: AsyncIterable<string>,
	seen: readonly string[],
	level: LogLevel,
): AsyncGenerator<string> {
	const known = new Set(seen.slice(-2 * overlapLines));
	let left = overlapLines;
	for await (const entry of coming) {
		const isKnown = left > 0 && known.has(entry);
		left -= 1;
		if (!isKnown && passesLevel(entry, level)) {
			yield entry;
		}
	}
}

function lastOf(entries: readonly string[], {lines, level}: LogOptions): readonly string[] {
	const passing =
		level === undefined ? entries : entries.filter(entry => entry !== '' && passesLevel(entry, level));
	return lines === 0 ? [] : passing.slice(-lines);
}
