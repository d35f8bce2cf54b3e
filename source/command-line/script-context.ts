import readline from 'node:readline/promises';
import {defaultHome, golemPaths} from '../platform/paths.js';
import {printableJson, printableLines} from '../platform/printable.js';
import {readSettingSources} from '../platform/settings.js';
import type {GlobalFlags} from './arguments.js';
import type {Choice, Context} from './context.js';

export type Streams = {
	out: NodeJS.WriteStream;
	err: NodeJS.WriteStream;
	in: NodeJS.ReadStream;
};

/** The world of a command that prints lines: scripts, pipes, and commands that are done at once. */
export async function createScriptContext(
	flags: GlobalFlags,
	streams: Streams,
	signal: AbortSignal,
): Promise<Context> {
	const paths = golemPaths(defaultHome());
	// A terminal is not to be led by what strangers say; a file or a pipe gets it as it is.
	const shownIds = (ids: string[]) => ids.map(id => (streams.out.isTTY ? printableLines(id) : id)).join('\n');
	const shownJson = (text: string) => (streams.out.isTTY ? printableJson(text) : text);
	const mayAsk = Boolean(streams.in.isTTY && streams.err.isTTY) && !flags.saysYes && !flags.isJson;
	return {
		paths,
		sources: await readSettingSources({cwd: process.cwd(), config: paths.config}),
		isJson: flags.isJson,
		isQuiet: flags.isQuiet,
		saysYes: flags.saysYes,
		mayAsk,
		result(value, text, ids) {
			if (flags.isJson) {
				streams.out.write(`${shownJson(JSON.stringify(value, null, streams.out.isTTY ? 2 : undefined))}\n`);
			} else {
				const shown = flags.isQuiet ? shownIds(ids?.() ?? []) : text();
				streams.out.write(shown === '' ? '' : `${shown}\n`);
			}
		},
		line: text => {
			streams.out.write(`${flags.isJson ? shownJson(text) : text}\n`);
		},
		note: text => {
			streams.err.write(`${text}\n`);
		},
		progress({message}) {
			if (!flags.isQuiet) {
				streams.err.write(`${message}\n`);
			}
		},
		choose: (question, choices) =>
			mayAsk ? askOnTerminal(question, choices, streams, signal) : Promise.resolve(undefined),
		signal,
	};
}

async function askOnTerminal<Value extends string>(
	question: string,
	choices: Array<Choice<Value>>,
	streams: Streams,
	signal: AbortSignal,
): Promise<Value | undefined> {
	const lines = readline.createInterface({input: streams.in, output: streams.err});
	// While readline reads, Ctrl-C is a key to it; and Ctrl-D ends it without an answer.
	lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
	const closed = new AbortController();
	lines.once('close', () => closed.abort());
	try {
		const list = choices.map(({label}, index) => `  ${index + 1}) ${label}`).join('\n');
		for (;;) {
			const answer = await lines.question(`${question}\n${list}\n[1] `, {
				signal: AbortSignal.any([signal, closed.signal]),
			});
			const text = answer.trim().toLowerCase() || '1';
			const meant = choices.filter(({value}) => value.startsWith(text));
			const chosen = choices[Number(text) - 1] ?? (meant.length === 1 ? meant[0] : undefined);
			if (chosen) {
				return chosen.value;
			}

			streams.err.write(`That is none of them. Say a number from 1 to ${choices.length}.\n`);
		}
	} catch (error) {
		signal.throwIfAborted();
		if (closed.signal.aborted) {
			return undefined;
		}

		throw error;
	} finally {
		lines.close();
	}
}
