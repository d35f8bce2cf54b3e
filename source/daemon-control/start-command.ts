import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import type {DaemonStatus} from '../protocol/control.js';
import {daemonEnvironment, startDaemon} from './daemon-control.js';
import {runInForeground} from './foreground.js';
import {describeOtherVersion} from './other-version.js';
import {type FlagDifference, flagDifferences} from './start-flags.js';

const startOptions = z.object({
	detach: z.boolean().optional().describe('Run in the background; returns when it is ready'),
	host: z.string().optional().describe('Address to listen on'),
	port: z.number().optional().describe('Port of the API; 0 takes any free one'),
});
type StartInput = {options: z.output<typeof startOptions>};

/** Runs a daemon until it ends, and returns its exit status. */
type Foreground = (context: Context, environment: NodeJS.ProcessEnv) => Promise<number>;

/**
`golem <daemon> [--detach]`: in this terminal until Ctrl-C, or in the background.
@param foreground how it runs in this terminal; its log alone where nothing is said
@param drawnForeground the same where it can be drawn
*/
export function startCommand(
	name: DaemonName,
	description: string,
	{
		foreground = (context, environment) => runInForeground(name, context, environment),
		drawnForeground,
	}: {foreground?: Foreground; drawnForeground?: Foreground} = {},
): Command {
	const startBy =
		(runHere: Foreground) =>
		async (context: Context, {options: {detach, ...flags}}: StartInput): Promise<number> => {
			const environment = daemonEnvironment(context.paths, flags);
			return detach ? startDetached(name, context, environment, flags) : runHere(context, environment);
		};
	return command({
		description,
		args: z.tuple([]),
		options: startOptions,
		documents: ['daemon-started', 'daemon-event'],
		examples: [`golem ${name} --detach`, `golem ${name} --port 0`],
		run: startBy(foreground),
		...(drawnForeground ? {draw: startBy(drawnForeground)} : {}),
	});
}

async function startDetached(
	name: DaemonName,
	context: Context,
	environment: NodeJS.ProcessEnv,
	flags: Omit<StartInput['options'], 'detach'>,
): Promise<number> {
	const {result, note} = context;
	const {status, wasRunning} = await startAndExplain(name, context, environment);
	const differences = wasRunning ? flagDifferences(flags, status) : [];
	result(
		{...status, was_running: wasRunning, ...(differences.length > 0 ? {differences} : {})},
		() => (wasRunning ? describeRunning(name, status, differences) : describeStarted(name, status)),
		() => [String(status.pid)],
	);
	if (differences.length > 0) {
		note(describeDifferences(name, differences));
	}

	const other = describeOtherVersion(name, status);
	if (other !== undefined) {
		note(other);
	}

	return exitCodes.done;
}

/** @throws why it did not start, for people with the last lines of its log */
export async function startAndExplain(
	name: DaemonName,
	{paths, signal, isJson}: {paths: Paths; signal: AbortSignal; isJson: boolean},
	environment: NodeJS.ProcessEnv,
): Promise<{status: DaemonStatus; wasRunning: boolean}> {
	try {
		return await startDaemon(name, paths, environment, signal);
	} catch (error) {
		throw error instanceof GolemError && !isJson ? withLogInWords(error) : error;
	}
}

export function describeStarted(name: DaemonName, {pid, listening}: DaemonStatus): string {
	return `The ${name} is running (pid ${pid}, ${listening}). Stop it with: golem ${name} stop`;
}

function describeRunning(
	name: DaemonName,
	{pid, listening}: DaemonStatus,
	differences: readonly FlagDifference[],
): string {
	const start = `The ${name} was running already (pid ${pid}, ${listening}).`;
	return differences.length > 0 ? `${start} Nothing was changed.` : start;
}

function describeDifferences(name: DaemonName, differences: readonly FlagDifference[]): string {
	const running = differences.map(({flag, running: value}) => `${flag} ${value}`).join(' ');
	return `The ${name} runs already, with ${running}; stop it first to change that: golem ${name} stop`;
}

const logSchema = z.array(z.string());

/** The reason is often what it printed last; that is not said twice. */
function withLogInWords(error: GolemError): GolemError {
	const log = logSchema.safeParse(error.details['log']).data ?? [];
	const said = `${error.message}\n${error.hint ?? ''}`;
	const news = log.filter(line => !said.includes(line.trim()));
	return news.length === 0
		? error
		: new GolemError(
				error.code,
				[error.message, 'The end of its log:', ...news.map(line => `  ${line}`)].join('\n'),
				{
					exitCode: error.exitCode,
					hint: error.hint,
					details: error.details,
					cause: error,
				},
			);
}
