import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {stripVTControlCharacters} from 'node:util';
import type {ExecutionContext} from 'ava';
import {openScreen} from '../support/screen.js';
import {eventually} from '../support/waiting.js';

/** What is waited for, and what is typed then. */
export type Reply = readonly [wait: string | RegExp, typed: string | (() => Promise<string>)];

export type Shell = {
	/** Enters a statement, answers what it asks, and waits for its end. */
	run(text: string, replies?: readonly Reply[]): Promise<Ending>;
};

export type Ending = {status: number; output: string};

export type ShellOptions = {
	home: string;
	environment: Record<string, string>;
	cwd: string;
	/** Who it belongs to, where this process may say so. */
	userId?: number | undefined;
};

// Said to the terminal in sequences that no terminal shows: bash begins a statement, and has ended it.
const beginMark = '\u001B]7001\u0007';
// biome-ignore lint/suspicious/noControlCharactersInRegex: such a sequence begins and ends with one
const endMark = /\u001B\]7002;(\d+)\u0007/;
const startUp = String.raw`PS0='\e]7001\a' PS1='$ ' PS2='' PROMPT_COMMAND='printf "\033]7002;%s\a" $?'
`;

const timeoutMs = 60_000;

/** An interactive bash in a terminal, as somebody has it who copies lines out of a document. */
export async function openShell(
	t: ExecutionContext,
	{home, environment, cwd, userId}: ShellOptions,
): Promise<Shell> {
	const rcFile = path.join(home, '.docs-bashrc');
	writeFileSync(rcFile, `${startUp}cd '${cwd}'\n`);
	// No line editing: what is pasted arrives as it is, tabs included.
	const bash = ['bash', '--noprofile', '--rcfile', rcFile, '--noediting', '-i'];
	const owner =
		userId === undefined ? [] : ['setpriv', `--reuid=${userId}`, `--regid=${userId}`, '--clear-groups'];
	const screen = openScreen([...owner, ...bash], {home, environment, size: {columns: 160, rows: 50}});
	t.teardown(() => screen.close());
	let begun = 0;

	/** What came after the mark since the statement was entered; nothing where bash has not begun it yet. */
	const told = () => {
		const raw = screen.raw().slice(begun);
		const at = raw.indexOf(beginMark);
		return at < 0 ? '' : raw.slice(at + beginMark.length);
	};
	const ending = () => endMark.exec(told()) ?? undefined;
	const wait = async <Answer>(what: string, ask: () => Answer | undefined): Promise<Answer> =>
		eventually(what, ask, timeoutMs).catch((error: unknown) => {
			throw new Error(
				`${error instanceof Error ? error.message : error}\n${readable(screen.raw().slice(begun))}`,
			);
		});
	const shows = (what: string | RegExp, from: number) =>
		wait(`it shows ${what}`, () => {
			const text = readable(told().slice(from));
			if (typeof what === 'string' ? text.includes(what) : what.test(text)) {
				return told().length;
			}

			if (ending()) {
				throw new Error(`It ended without ${what}`);
			}

			return undefined;
		});
	await wait('the first prompt', () => endMark.exec(screen.raw()) ?? undefined);
	return {
		async run(text, replies = []) {
			begun = screen.raw().length;
			screen.type(`${text}\n`);
			let from = 0;
			for (const [what, typed] of replies) {
				from = await shows(what, from);
				screen.type(typeof typed === 'string' ? typed : await typed());
			}

			const {index, 1: status} = await wait('the prompt is back', ending);
			return {status: Number(status), output: readable(told().slice(0, index))};
		},
	};
}

const readable = (raw: string) => stripVTControlCharacters(raw).replaceAll(/\r+\n/g, '\n');
