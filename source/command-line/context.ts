import type {Paths} from '../platform/paths.js';
import type {SettingSources} from '../platform/settings.js';

/** How far a command has come; shown as it happens, on stderr or as a live list. */
export type Progress = {
	/** The step's name; a new one ends the one before. */
	step: string;
	/** What is being done, for people. */
	message: string;
};

export type Choice<Value extends string> = {value: Value; label: string};

/** What a command is given of the outside world, so that it can be run without one. */
export type Context = {
	paths: Paths;
	sources: SettingSources;
	/** `--json`: the result is one JSON document. */
	isJson: boolean;
	/** `--quiet`: ids only. */
	isQuiet: boolean;
	/** May questions be asked? Not without a terminal, not with `--yes`, not with `--json`. */
	mayAsk: boolean;
	/** `--yes`: every question is answered with yes. */
	saysYes: boolean;
	/** Writes the result: the value for scripts, the text for people, `ids` with `--quiet`. */
	result(value: unknown, text: () => string, ids?: () => string[]): void;
	/** Writes one line of a stream as it comes. */
	line(text: string): void;
	/** A remark that is not the result: to stderr. */
	note(text: string): void;
	progress(progress: Progress): void;
	/** The answer, or undefined where nothing may be asked. The first choice is the default. */
	choose<Value extends string>(question: string, choices: Array<Choice<Value>>): Promise<Value | undefined>;
	/** Aborted by Ctrl-C and SIGTERM. */
	signal: AbortSignal;
};
