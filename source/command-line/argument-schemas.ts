import * as z from 'zod';
import type {Command} from './command.js';

/** Names of a command's positional words, from their descriptions. */
export function argumentNames({args}: Pick<Command, 'args'>): string[] {
	if (!(args instanceof z.ZodTuple)) {
		return [];
	}

	const rest = args.def.rest as z.ZodType | null;
	return [
		...argumentSchemas({args}).map(item =>
			item instanceof z.ZodOptional ? `[${item.description}]` : (item.description ?? 'WORD'),
		),
		...(rest ? [`[-- ${rest.description ?? 'words'}…]`] : []),
	];
}

/** What each positional word must be, but those after `--`. */
export function argumentSchemas({args}: Pick<Command, 'args'>): z.ZodType[] {
	return args instanceof z.ZodTuple ? (args.def.items as z.ZodType[]) : [];
}

/** A command's flags by their keys. */
export function flagSchemas({options}: Pick<Command, 'options'>): Record<string, z.ZodType> {
	return options.shape as Record<string, z.ZodType>;
}

export function toKebab(key: string): string {
	return key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

/** A flag as it is typed: one that is on by itself is there to turn it off. */
export function flagName(key: string, schema?: z.ZodType): string {
	return `--${schema && isOnByDefault(schema) ? 'no-' : ''}${toKebab(key)}`;
}

/** What an option takes, seen through defaults and `optional()`. */
export function flagType(schema: z.ZodType): 'boolean' | 'number' | 'string' {
	const inner = unwrap(schema);
	return inner instanceof z.ZodBoolean ? 'boolean' : inner instanceof z.ZodNumber ? 'number' : 'string';
}

/** Is it on unless `--no-…` says otherwise? */
function isOnByDefault(schema: z.ZodType): boolean {
	return schema instanceof z.ZodDefault && schema.def.defaultValue === true;
}

/** What an option is where it is not said; of one that is there or not, nothing is told. */
export function defaultOf(schema: z.ZodType): number | string | undefined {
	const value: unknown = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
	return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

/** The words there are to choose from; none where it may be anything. */
export function choicesOf(schema: z.ZodType): string[] {
	const inner = unwrap(schema);
	return inner instanceof z.ZodEnum ? inner.options.map(String) : [];
}

/** Without what says that it may be missing. */
export function unwrap(schema: z.ZodType): z.ZodType {
	return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
		? unwrap(schema.def.innerType as z.ZodType)
		: schema;
}
