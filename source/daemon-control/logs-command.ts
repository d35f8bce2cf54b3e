import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {fileExists} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {readableLogLine} from '../platform/log-line.js';
import {daemonLogFiles, followLog, readLastLines} from '../platform/log-reader.js';
import type {DaemonName} from '../platform/paths.js';
import {findDaemon} from './daemon-control.js';
import {type LogLevel, logLevels, passesLevel} from './log-level.js';
import {describeOtherVersion} from './other-version.js';

const mostLines = 10_000;

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
			for await (const text of readLog(name, context, options)) {
				for (const entry of text.split('\n').filter(Boolean)) {
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

/**
From the files, which are there whether the daemon runs, is silent, or is started anew while somebody follows.
@returns text of whole lines
*/
async function* readLog(
	name: DaemonName,
	context: Context,
	{lines, follow = false, level}: LogOptions,
): AsyncGenerator<string> {
	const {paths, signal, note} = context;
	const remark = await describeState(name, context);
	const files = () => daemonLogFiles(name, paths);
	const choice = {lines, passes: level && ((entry: string) => passesLevel(entry, level))};
	if (remark !== undefined) {
		note(remark);
	}

	yield* follow ? followLog(files, choice, signal) : readLastLines(files, choice);
}

/** What is to be known of a daemon whose log is read, unless it simply runs. */
async function describeState(name: DaemonName, {paths}: Context): Promise<string | undefined> {
	const file = paths.daemonLog(name);
	const status = await findDaemon(name, paths).catch((error: unknown) =>
		error instanceof GolemError ? error : Promise.reject(error),
	);
	if (status instanceof GolemError) {
		return `${status.message} This is what it has written in ${file}`;
	}

	if (status) {
		return describeOtherVersion(name, status);
	}

	if (!(await fileExists(file))) {
		throw new GolemError('NO_LOG', `The ${name} has never run for ${paths.home}.`, {
			exitCode: exitCodes.notFound,
			hint: `Start it with: golem ${name} --detach`,
		});
	}

	return `The ${name} is not running; this is what it has left in ${file}`;
}
