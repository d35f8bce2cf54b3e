import type * as z from 'zod';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {describeArgumentFault, describeFlagFault, expectation} from './argument-faults.js';
import {
	argumentNames,
	argumentSchemas,
	flagName,
	flagSchemas,
	flagType,
	toKebab,
} from './argument-schemas.js';
import type {Command, Input} from './command.js';
import {namesLike} from './likeness.js';

/** Flags that every command takes. */
export type GlobalFlags = {
	isJson: boolean;
	isQuiet: boolean;
	saysYes: boolean;
	wantsHelp: boolean;
	wantsVersion: boolean;
};

/** A command line taken apart, before it is known which command it is for. */
export type CommandLine = {
	global: GlobalFlags;
	/** The words before the first flag: a command's name, and perhaps arguments. After it, a word may be a flag's value. */
	words: string[];
	/** All but the global flags. */
	own: string[];
	/** What stands after `--`, untouched. */
	passedThrough: string[];
};

/** Those of `GlobalFlags`, as they are typed. */
export const globalNames: Readonly<Record<string, keyof GlobalFlags>> = {
	'--json': 'isJson',
	'--quiet': 'isQuiet',
	'-q': 'isQuiet',
	'--yes': 'saysYes',
	'-y': 'saysYes',
	'--help': 'wantsHelp',
	'-h': 'wantsHelp',
	'--version': 'wantsVersion',
	'-v': 'wantsVersion',
};

/** What hands flags on to OpenSSH, to which `-v` is a word of its own. */
const sshCommand = 'vm ssh';

/** Takes out the global flags, wherever they stand before `--`. */
export function splitCommandLine(argv: readonly string[]): CommandLine {
	const separator = argv.indexOf('--');
	const front = separator < 0 ? argv : argv.slice(0, separator);
	const isForSsh =
		front
			.filter(word => !word.startsWith('-'))
			.slice(0, 2)
			.join(' ') === sshCommand;
	const isGlobal = (word: string) => Object.hasOwn(globalNames, word) && !(isForSsh && word === '-v');
	const given = new Set(front.filter(isGlobal).map(word => globalNames[word]));
	const own = front.filter(word => !isGlobal(word));
	const firstFlag = own.findIndex(word => word.startsWith('-'));
	return {
		global: {
			isJson: given.has('isJson'),
			isQuiet: given.has('isQuiet'),
			saysYes: given.has('saysYes'),
			wantsHelp: given.has('wantsHelp'),
			wantsVersion: given.has('wantsVersion'),
		},
		words: firstFlag < 0 ? own : own.slice(0, firstFlag),
		own,
		passedThrough: separator < 0 ? [] : argv.slice(separator + 1),
	};
}

/**
Reads a command's own flags and words by its schemas.
@param own the command line without global flags and without what stands after `--`
@throws USAGE (exit status 2) that names what is wrong and what would be right
*/
export async function parseArguments(
	definition: Command,
	name: string,
	{own: all, passedThrough}: Pick<CommandLine, 'own' | 'passedThrough'>,
): Promise<Input<unknown, unknown>> {
	const {own, foreign} = takeForeign(definition, name, all);
	const shape = flagSchemas(definition);
	const help = `See: golem ${name} --help`.replace('  ', ' ');
	const {input, flags} = await separateFlags(own, shape, help);
	const unknownFlags = Object.keys(flags).filter(key => !Object.hasOwn(shape, key));
	if (unknownFlags.length > 0) {
		const typed = unknownFlags.map(key => (key.length === 1 ? `-${key}` : `--${toKebab(key)}`));
		const known = new Map([
			...Object.keys(shape).map(key => [flagName(key), flagName(key, shape[key])] as const),
			...Object.keys(globalNames).map(flag => [flag, flag] as const),
		]);
		const likeliest = typed.flatMap(flag => namesLike(flag, [...known.keys()], 2).slice(0, 1));
		const meant = [...new Set(likeliest.map(flag => known.get(flag)))];
		throw usageError(
			`Unknown flag ${typed.join(', ')}.`,
			meant.length > 0 ? `Did you mean ${meant.join(', ')}? ${help}` : help,
		);
	}

	// A flag at the end, or before another one, has lost its value.
	const bare = Object.keys(shape).filter(
		key => flags[key] === undefined && own.includes(`--${toKebab(key)}`),
	);
	if (bare.length > 0) {
		throw usageError(`${bare.map(key => `--${toKebab(key)}`).join(', ')} needs a value.`, help);
	}

	const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
	const words = name === '' ? input : input.slice(name.split(' ').length);
	const positional = [...words, ...passedThrough];
	const options = definition.options.safeParse(given, {
		error: issue => expectation(shape[String(issue.path?.[0])]),
	});
	const args = definition.args.safeParse(positional, {
		error: issue => expectation(argumentSchemas(definition)[Number(issue.path?.[0])]),
	});
	const faults = [
		...(options.error?.issues.map(issue => describeFlagFault(issue, own)) ?? []),
		...(args.error?.issues.map(issue =>
			describeArgumentFault(issue, argumentNames(definition), positional),
		) ?? []),
	];
	if (faults.length > 0) {
		throw usageError(faults.join('\n'), help);
	}

	return {args: args.data, options: options.data, ...(foreign ? {foreign} : {})};
}

function takeForeign(definition: Command, name: string, all: string[]): {own: string[]; foreign?: string[]} {
	if (!definition.takeForeign) {
		return {own: all};
	}

	const {length} = name.split(' ');
	const {foreign, rest} = definition.takeForeign(all.slice(length));
	return {own: [...all.slice(0, length), ...rest], foreign};
}

/**
Tells flags from words. Where no flag has a value there is little to tell, and meow, a third of the start-up, stays away.
*/
async function separateFlags(
	own: string[],
	shape: Record<string, z.ZodType>,
	help: string,
): Promise<{input: string[]; flags: Record<string, unknown>}> {
	const switches = new Map(
		Object.entries(shape).flatMap(([key, schema]) =>
			flagType(schema) === 'boolean' ? [[`--${toKebab(key)}` as string, key] as const] : [],
		),
	);
	const typed = own.filter(word => word.startsWith('-'));
	const isPlain = typed.every(word => switches.has(word)) && new Set(typed).size === typed.length;
	// `--detach false` is a flag with a value.
	if (isPlain && !(typed.length > 0 && own.some(word => word === 'true' || word === 'false'))) {
		const flags = Object.fromEntries(typed.map(word => [switches.get(word) ?? word, true]));
		return {input: own.filter(word => !word.startsWith('-')), flags};
	}

	const {default: meow} = await import('meow');
	try {
		return meow('', {
			importMeta: import.meta,
			pkg: {},
			argv: own,
			flags: Object.fromEntries(
				Object.entries(shape).map(([key, schema]) => [key, {type: flagType(schema)}]),
			),
			autoHelp: false,
			autoVersion: false,
			booleanDefault: undefined,
		});
	} catch (error) {
		// Such as a flag that is there twice.
		throw usageError(error instanceof Error ? error.message : String(error), help);
	}
}

function usageError(message: string, hint: string): GolemError {
	return new GolemError('USAGE', message, {exitCode: exitCodes.usage, hint});
}
