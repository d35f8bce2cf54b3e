import {spawn} from 'node:child_process';
import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {factList} from '../command-line/text-table.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {readableLogLine} from '../platform/log-line.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {processEntry} from '../platform/program.js';
import type {DaemonStatus} from '../protocol/control.js';
import {controlOf, daemonEnvironment, findDaemon, startDaemon, stopDaemon} from './daemon-control.js';

const noArguments = z.tuple([]);
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
		foreground = ({signal}, environment) => runInForeground(name, environment, signal),
		drawnForeground,
	}: {foreground?: Foreground; drawnForeground?: Foreground} = {},
): Command {
	const startBy =
		(runHere: Foreground) =>
		async (context: Context, {options: {detach, ...flags}}: StartInput): Promise<number> => {
			const {paths, result, signal} = context;
			const environment = daemonEnvironment(paths, flags);
			if (!detach) {
				return runHere(context, environment);
			}

			const {status, wasRunning} = await startDaemon(name, paths, environment, signal);
			result(
				{...status, was_running: wasRunning},
				() =>
					wasRunning
						? `The ${name} was running already (pid ${status.pid}, ${status.listening}).`
						: `The ${name} is running (pid ${status.pid}, ${status.listening}). Stop it with: golem ${name} stop`,
				() => [String(status.pid)],
			);
			return exitCodes.done;
		};
	return command({
		description,
		args: noArguments,
		options: startOptions,
		examples: [`golem ${name} --detach`, `golem ${name} --port 0`],
		run: startBy(foreground),
		...(drawnForeground ? {draw: startBy(drawnForeground)} : {}),
	});
}

/** `golem <daemon> status`. */
export function statusCommand(name: DaemonName): Command {
	return command({
		description: `Show how the ${name} is`,
		args: noArguments,
		options: z.object({}),
		examples: [`golem ${name} status`, `golem ${name} status --json`],
		async run({paths, result}) {
			const status = await findDaemon(name, paths);
			result(status ? {running: true, ...status} : {running: false, name}, () =>
				status ? describeStatus(status) : `The ${name} is not running. Start it with: golem ${name} --detach`,
			);
			return status ? exitCodes.done : exitCodes.notReachable;
		},
	});
}

/** `golem <daemon> stop`. */
export function stopCommand(name: DaemonName): Command {
	return command({
		description: `Stop the ${name}`,
		args: noArguments,
		options: z.object({}),
		examples: [`golem ${name} stop`, `golem ${name} stop --json`],
		async run({paths, result}) {
			const pid = await stopDaemon(name, paths);
			result({name, stopped: pid !== undefined, pid: pid ?? null}, () =>
				pid === undefined ? `The ${name} was not running.` : `The ${name} (pid ${pid}) has stopped.`,
			);
			return exitCodes.done;
		},
	});
}

/** `golem <daemon> logs [--follow]`. */
export function logsCommand(name: DaemonName): Command {
	return command({
		description: `Show the log of the ${name}`,
		args: noArguments,
		options: z.object({
			lines: z.number().int().min(0).max(10_000).default(100).describe('How many of the last lines'),
			follow: z.boolean().optional().describe('Go on with what comes, until Ctrl-C'),
		}),
		examples: [`golem ${name} logs --follow`, `golem ${name} logs --lines 20 --json`],
		async run({paths, isJson, line, signal}, {options: {lines, follow}}) {
			for await (const entry of readLog(name, paths, {lines, follow: follow ?? false}, signal)) {
				if (entry !== '') {
					line(isJson ? entry : readableLogLine(entry));
				}
			}

			return exitCodes.done;
		},
	});
}

/** From the daemon itself; where none runs, what it left behind is read from the file. */
async function* readLog(
	name: DaemonName,
	paths: Paths,
	options: {lines: number; follow: boolean},
	signal: AbortSignal,
): AsyncGenerator<string> {
	if (await findDaemon(name, paths)) {
		yield* controlOf(name, paths).logs(options, signal);
		return;
	}

	const {readFileIfThere} = await import('../platform/files.js');
	const text = await readFileIfThere(paths.daemonLog(name));
	if (text === undefined) {
		throw new GolemError('NO_LOG', `The ${name} has never run for ${paths.home}.`, {
			exitCode: exitCodes.notFound,
			hint: `Start it with: golem ${name} --detach`,
		});
	}

	yield* text.split('\n').filter(Boolean).slice(-options.lines);
}

function describeStatus({
	name,
	pid,
	version,
	started_at,
	listening,
	healthy,
	busy_with,
	...own
}: DaemonStatus): string {
	const facts: Array<[string, string]> = [
		['state', healthy ? 'healthy' : 'not ready for work'],
		['listening', listening],
		['pid', String(pid)],
		['version', version],
		['since', started_at],
		...(busy_with.length > 0 ? [['busy with', busy_with.join(', ')] as [string, string]] : []),
		...Object.entries(own).map(([key, value]): [string, string] => [
			key.replaceAll('_', ' '),
			describeValue(value),
		]),
	];
	return factList(facts);
}

/** `cpu 2, memory 18`: nested figures on one line. */
function describeValue(value: unknown): string {
	if (Array.isArray(value)) {
		return value.map(describeValue).join('; ');
	}

	if (typeof value === 'object' && value !== null) {
		return Object.entries(value)
			.map(([key, part]) => {
				const isNested = typeof part === 'object' && part !== null;
				return `${key.replaceAll('_', ' ')} ${isNested ? `(${describeValue(part)})` : describeValue(part)}`;
			})
			.join(', ');
	}

	return value === null ? '-' : String(value);
}

/** The daemon as a child that shares this terminal; Ctrl-C reaches both, and its exit status is ours. */
async function runInForeground(
	name: DaemonName,
	environment: NodeJS.ProcessEnv,
	signal: AbortSignal,
): Promise<number> {
	const child = spawn(process.execPath, [...process.execArgv, processEntry(name)], {
		stdio: 'inherit',
		env: environment,
	});
	signal.addEventListener('abort', () => child.kill('SIGTERM'), {once: true});
	return new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', code => resolve(code ?? exitCodes.failed));
	});
}
