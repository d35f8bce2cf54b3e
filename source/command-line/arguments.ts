import * as z from 'zod';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {Command, Input} from './command.js';

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

const globalNames: Readonly<Record<string, keyof GlobalFlags>> = {
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

/** Takes out the global flags, wherever they stand before `--`. */
export function splitCommandLine(argv: readonly string[]): CommandLine {
	const separator = argv.indexOf('--');
	const front = separator < 0 ? argv : argv.slice(0, separator);
	const isGlobal = (word: string) => Object.hasOwn(globalNames, word);
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
	{own, passedThrough}: Pick<CommandLine, 'own' | 'passedThrough'>,
): Promise<Input<unknown, unknown>> {
	const shape = definition.options.shape as Record<string, z.ZodType>;
	const help = `See: golem ${name} --help`.replace('  ', ' ');
	const {input, flags} = await separateFlags(own, shape, help);
	const unknownFlags = Object.keys(flags).filter(key => !Object.hasOwn(shape, key));
	if (unknownFlags.length > 0) {
		const typed = unknownFlags.map(key => (key.length === 1 ? `-${key}` : `--${toKebab(key)}`));
		throw usageError(`Unknown flag ${typed.join(', ')}.`, help);
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
	const options = definition.options.safeParse(given);
	const args = definition.args.safeParse([...words, ...passedThrough]);
	const faults = [
		...(options.error?.issues.map(issue => `--${toKebab(issue.path.join('.'))}: ${issue.message}`) ?? []),
		...(args.error?.issues.map(issue => describeArgumentFault(issue, definition)) ?? []),
	];
	if (faults.length > 0) {
		throw usageError(faults.join('\n'), help);
	}

	return {args: args.data, options: options.data};
}

/** Tells flags from words. Where nothing looks like a flag there is nothing to tell, and meow, a third of the start-up, stays away. */
async function separateFlags(
	own: string[],
	shape: Record<string, z.ZodType>,
	help: string,
): Promise<{input: string[]; flags: Record<string, unknown>}> {
	if (!own.some(word => word.startsWith('-'))) {
		return {input: own, flags: {}};
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

/** Names of a command's positional words, from their descriptions. */
export function argumentNames({args}: Command): string[] {
	if (!(args instanceof z.ZodTuple)) {
		return [];
	}

	const items = args.def.items as z.ZodType[];
	const rest = args.def.rest as z.ZodType | null;
	return [
		...items.map(item =>
			item instanceof z.ZodOptional ? `[${item.description}]` : (item.description ?? 'WORD'),
		),
		...(rest ? [`[-- ${rest.description ?? 'words'}…]`] : []),
	];
}

export function toKebab(key: string): string {
	return key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

/** What an option takes, seen through defaults and `optional()`. */
export function flagType(schema: z.ZodType): 'boolean' | 'number' | 'string' {
	const inner = unwrap(schema);
	return inner instanceof z.ZodBoolean ? 'boolean' : inner instanceof z.ZodNumber ? 'number' : 'string';
}

/** Is it on unless `--no-…` says otherwise? */
export function isOnByDefault(schema: z.ZodType): boolean {
	return schema instanceof z.ZodDefault && schema.def.defaultValue === true;
}

function unwrap(schema: z.ZodType): z.ZodType {
	return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
		? unwrap(schema.def.innerType as z.ZodType)
		: schema;
}

function describeArgumentFault(issue: z.core.$ZodIssue, definition: Command): string {
	const names = argumentNames(definition);
	const [position] = issue.path;
	const name = typeof position === 'number' ? names[position] : undefined;
	if (issue.code === 'too_big') {
		return `Too many arguments; it takes ${names.length === 0 ? 'none' : names.join(' ')}.`;
	}

	return name === undefined
		? `Missing argument; it takes ${names.join(' ')}.`
		: issue.code === 'invalid_type'
			? `${name} is missing.`
			: `${name}: ${issue.message}`;
}

function usageError(message: string, hint: string): GolemError {
	return new GolemError('USAGE', message, {exitCode: exitCodes.usage, hint});
}
