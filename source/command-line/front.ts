import {setImmediate as nextTurn} from 'node:timers/promises';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {commandsNeighbour, version} from '../platform/program.js';
import {type CommandLine, parseArguments, splitCommandLine} from './arguments.js';
import type {Command, Outcome} from './command.js';
import {completionFlag} from './completion-scripts.js';
import type {Context} from './context.js';
import {report} from './error-report.js';
import {describeCommand, describeCommands, isGroup, wholeHelp} from './help.js';
import {exitCodeWith, type WatchedOutput, watchOutput} from './output-faults.js';
import {commands, findCommand, suggestCommands} from './registry.js';
import {createScriptContext} from './script-context.js';
import {beginTerminalSession, type TerminalSession} from './terminal-session.js';

/** `timeout` and npm send a signal to us, and then to all of their group: that is one word, and not asked twice. */
const echoMs = 200;

/**
Runs one command line to its end.
@returns the exit status. This is the one place where an error becomes words on a screen, or JSON.
*/
export async function runCommandLine(argv: readonly string[]): Promise<number> {
	if (argv[0] === 'completion' && argv[1] === completionFlag) {
		return (await import('./completion-answer.js')).answerCompletion(argv.slice(2));
	}

	const line = splitCommandLine(argv);
	respectNoColor();
	const ending = new AbortController();
	let askedAt = Number.NEGATIVE_INFINITY;
	const interrupt = () => {
		if (performance.now() - askedAt < echoMs) {
			return;
		}

		if (ending.signal.aborted) {
			// Asked twice: whatever is still being cleaned up is not worth waiting for.
			process.exit(exitCodes.interrupted);
		}

		askedAt = performance.now();
		ending.abort(interrupted());
	};
	process.on('SIGINT', interrupt);
	process.on('SIGTERM', interrupt);
	process.on('SIGHUP', interrupt);
	const output = watchOutput(fault => ending.abort(fault));
	const exitCode = await runAndReport(line, ending, output);
	// What was written last has failed by then, if it has.
	await nextTurn();
	const fault = output.fault();
	if (fault && fault.exitCode !== exitCodes.done) {
		report(fault, false);
	}

	return fault ? exitCodeWith(fault, exitCode) : exitCode;
}

async function runAndReport(
	line: CommandLine,
	ending: AbortController,
	output: WatchedOutput,
): Promise<number> {
	try {
		return await run(line, ending);
	} catch (error) {
		// What came of a fault of the output is told once, and by its own name.
		if (!output.fault()) {
			report(error, line.global.isJson);
		}

		return error instanceof GolemError ? error.exitCode : exitCodes.failed;
	}
}

async function run(line: CommandLine, ending: AbortController): Promise<number> {
	const {wantsHelp, wantsVersion, isJson, isQuiet} = line.global;
	if (wantsVersion) {
		process.stdout.write(`${isJson ? JSON.stringify({version, node: process.version}) : version}\n`);
		return exitCodes.done;
	}

	const found = findCommand(line.words);
	const [group = ''] = line.words;
	if (!found) {
		if (!isGroup(group) || (line.words.length > 1 && !wantsHelp)) {
			throw unknownCommand(line.words);
		}

		if (!wantsHelp && isJson) {
			throw incompleteCommand(group);
		}

		await printOverview(group, isJson);
		return wantsHelp ? exitCodes.done : exitCodes.usage;
	}

	const definition = await loadCommand(found.name);
	if (wantsHelp && found.name === '') {
		await printOverview('', isJson);
		return exitCodes.done;
	}

	if (wantsHelp) {
		const {name} = found;
		print(isJson ? JSON.stringify(describeCommand(name, definition)) : await wholeHelp(name, definition));
		return exitCodes.done;
	}

	// `golem provider sotp`: a word where the group's own command takes none is a command misspelt.
	if (isGroup(group) && found.name === group && found.rest.length > 0) {
		throw unknownCommand(line.words);
	}

	const input = await parseArguments(definition, found.name, line);
	const streams = {in: process.stdin, out: process.stdout, err: process.stderr};
	const context = await createScriptContext(line.global, streams, ending.signal);
	const isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
	const isDrawn = isTerminal && !isJson && !isQuiet && (definition.isLive || definition.draw);
	const outcome = !isDrawn
		? await definition.run(context, input)
		: definition.draw
			? await definition.draw(context, input)
			: await runInTerminalApp(line, context, () => ending.abort(interrupted()));
	return typeof outcome === 'function' ? outcome(context) : (outcome ?? exitCodes.done);
}

async function printOverview(group: string, isJson: boolean): Promise<void> {
	if (isJson) {
		print(JSON.stringify({commands: await describeCommands(group)}));
		return;
	}

	const {groupHelp, overviewHelp} = await import('./overview.js');
	print(await (group === '' ? overviewHelp() : groupHelp(group)));
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

async function loadCommand(name: string): Promise<Command> {
	const module = await commands[name]?.();
	if (!module) {
		throw unknownCommand([name]);
	}

	return module.default;
}

const always = () => true;
const usualSize = {columns: 80, rows: 24};

/** Lets Pastel find the command again, and Ink draw it. */
async function runInTerminalApp(
	line: CommandLine,
	context: Context,
	interrupt: () => void,
): Promise<Outcome> {
	const results: Array<() => void> = [];
	const session: TerminalSession = {
		// What is printed comes after what is drawn.
		context: {...context, result: (...values) => void results.push(() => context.result(...values))},
		running: undefined,
		onUnmount() {},
	};
	beginTerminalSession(session);
	const unmounted = new Promise<void>(resolve => {
		session.onUnmount = resolve;
	});
	// A serial line tells no size, and then Ink draws one letter a row and clears the screen for each.
	process.stdout.columns ||= usualSize.columns;
	process.stdout.rows ||= usualSize.rows;
	const {default: Pastel} = await import('pastel');
	const app = new Pastel({
		name: 'golem',
		version,
		// Pastel looks for `commands` beside the file of this URL.
		importMeta: {...import.meta, url: commandsNeighbour},
	});
	await app.run([
		'node',
		'golem',
		...line.own,
		...(line.passedThrough.length > 0 ? ['--', ...line.passedThrough] : []),
	]);
	await unmounted;
	// Ctrl-C ends Ink, not the command: one that is still at work is told, and cleans up.
	const isDone = await Promise.race([session.running?.then(always, always), nextTurn(false)]);
	if (!isDone) {
		interrupt();
	}

	try {
		return await session.running;
	} finally {
		for (const print of results) {
			print();
		}
	}
}

function unknownCommand(words: readonly string[]): GolemError {
	const typed = words.slice(0, 2).join(' ');
	const suggestions = suggestCommands(typed);
	return new GolemError('USAGE', `There is no command «${typed}».`, {
		exitCode: exitCodes.usage,
		hint:
			suggestions.length > 0
				? `Did you mean: ${suggestions.map(name => `golem ${name}`).join(', ')}?`
				: 'See what there is with: golem --help',
	});
}

function incompleteCommand(group: string): GolemError {
	return new GolemError('USAGE', `golem ${group} needs a command of its own.`, {
		exitCode: exitCodes.usage,
		hint: `See what there is with: golem ${group} --help`,
	});
}

function interrupted(): GolemError {
	return new GolemError('INTERRUPTED', 'Interrupted.', {exitCode: exitCodes.interrupted});
}

/** chalk does not know NO_COLOR (no-color.org); what it knows is looked at when it is loaded, which is later. */
function respectNoColor(): void {
	if (process.env['NO_COLOR'] && process.env['FORCE_COLOR'] === undefined) {
		process.env['FORCE_COLOR'] = '0';
	}
}
