import {columns} from '../command-line/columns.js';
import type {Command} from '../command-line/command.js';
import {runDaemonCommandLine} from '../command-line/daemon-front.js';
import {commandHelp, globalOptions} from '../command-line/help.js';
import {commands} from '../command-line/registry.js';
import type {DaemonName} from '../platform/paths.js';

const helpFlags = ['--help', '-h'];

/**
Runs one daemon's commands under a program's own name: `golem-provider stop` for `golem provider stop`, and
`golem-provider start` for `golem provider`.
@returns the exit status
*/
export async function runStandalone(
	program: string,
	daemon: DaemonName,
	argv: readonly string[],
): Promise<number> {
	const separator = argv.indexOf('--');
	const own = separator < 0 ? argv : argv.slice(0, separator);
	if (!own.some(word => helpFlags.includes(word)) || own.includes('--json')) {
		return runDaemonCommandLine(daemon, argv);
	}

	const [verb] = own.filter(word => !word.startsWith('-'));
	const definition = verb === undefined ? undefined : await loadVerb(daemon, verb);
	if (verb !== undefined && !definition) {
		return runDaemonCommandLine(daemon, argv);
	}

	const text =
		verb === undefined || !definition
			? await overview(program, daemon)
			: inOwnName(commandHelp(nameOf(daemon, verb), definition), program, daemon);
	process.stdout.write(`${text}\n`);
	return 0;
}

async function overview(program: string, daemon: DaemonName): Promise<string> {
	const verbs = [
		'start',
		...Object.keys(commands)
			.filter(name => name.startsWith(`${daemon} `))
			.map(name => name.slice(daemon.length + 1)),
	];
	const rows = await Promise.all(
		verbs.map(async verb => [verb, (await loadVerb(daemon, verb))?.description ?? ''] as const),
	);
	return [
		(await loadVerb(daemon, 'start'))?.description,
		'',
		`Usage: ${program} <command> [options]`,
		'',
		'Commands:',
		...columns(rows),
		'',
		'Options:',
		...columns(globalOptions),
	].join('\n');
}

async function loadVerb(daemon: DaemonName, verb: string): Promise<Command | undefined> {
	return (await commands[nameOf(daemon, verb)]?.())?.default;
}

function nameOf(daemon: DaemonName, verb: string): string {
	return verb === 'start' ? daemon : `${daemon} ${verb}`;
}

/** A help text of `golem`, with the words by which this program is called. */
function inOwnName(text: string, program: string, daemon: DaemonName): string {
	const verbs = Object.keys(commands)
		.filter(name => name.startsWith(`${daemon} `))
		.map(name => name.slice(daemon.length + 1));
	return text.replaceAll(new RegExp(`\\bgolem ${daemon}\\b(?: ([a-z-]+))?`, 'g'), (_, word?: string) =>
		word === undefined
			? `${program} start`
			: verbs.includes(word)
				? `${program} ${word}`
				: `${program} start ${word}`,
	);
}
