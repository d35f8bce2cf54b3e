import type * as z from 'zod';
import type {ExitCode} from '../platform/golem-error.js';
import type {Context} from './context.js';
import type {DocumentName} from './documents.js';

/**
How a command ended: an exit status, nothing for «done», or what is left to do in a terminal that no live view draws on
any more (a shell, a menu around one).
*/
export type Outcome = ExitCode | number | undefined | ((context: Context) => Promise<number>);

/** The words and flags a command was given, checked. */
export type Input<Args, Options> = {
	args: Args;
	options: Options;
	/** What `takeForeign` took. */
	foreign?: readonly string[];
};

/**
A command: what it takes is said once, here, and serves the script mode, the terminal app and the help texts. Nothing in
it may load React; what is drawn is drawn from the progress it reports.
*/
export type Command<Args = unknown, Options = unknown> = {
	description: string;
	/** Positional words, as a tuple; descriptions give their names. */
	args: z.ZodType<Args>;
	options: z.ZodObject;
	/** What it writes with `--json`, the first of them mostly; none where that is somebody else's to say, such as a shell's. */
	documents: readonly DocumentName[];
	/** Full command lines that work as they stand. */
	examples: readonly string[];
	/** Does it take long enough that a person wants to watch? Then a terminal shows a live list of steps. */
	isLive?: boolean;
	/** Takes the flags of a program that it starts out of the words, before its own are read. */
	takeForeign?(words: readonly string[]): {foreign: string[]; rest: string[]};
	run(context: Context, input: Input<Args, Options>): Promise<Outcome>;
	/** On a terminal, instead of `run`: for a command with a drawing of its own, whose module it imports when called. */
	draw?(context: Context, input: Input<Args, Options>): Promise<Outcome>;
};

/** Ties `run` to its schemas. The cast is the parse's edge: whoever calls `run` has parsed its input by them. */
export function command<Args extends z.ZodType, Options extends z.ZodObject>(
	definition: Omit<Command, 'args' | 'options' | 'run' | 'draw'> & {
		args: Args;
		options: Options;
		run(context: Context, input: Input<z.output<Args>, z.output<Options>>): Promise<Outcome>;
		draw?(context: Context, input: Input<z.output<Args>, z.output<Options>>): Promise<Outcome>;
	},
): Command {
	return definition as unknown as Command;
}
