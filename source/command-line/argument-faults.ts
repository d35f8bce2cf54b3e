import * as z from 'zod';
import {toKebab, unwrap} from './argument-schemas.js';

/** What would be right, where a schema itself has no words for it; zod's own speak of types. */
export function expectation(schema: z.ZodType | undefined): string | undefined {
	const inner = schema && unwrap(schema);
	return inner instanceof z.ZodNumber
		? `must be ${inner.isInt ? 'a whole number' : 'a number'}${limits(inner)}`
		: inner instanceof z.ZodEnum
			? `must be one of ${inner.options.join(', ')}`
			: undefined;
}

function limits({minValue, maxValue}: z.ZodNumber): string {
	// What zod takes for «any» is no limit to tell of.
	const isLimit = (limit: number | null) => limit !== null && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
	return isLimit(minValue) && isLimit(maxValue)
		? ` from ${minValue} to ${maxValue}`
		: isLimit(minValue)
			? `, at least ${minValue}`
			: isLimit(maxValue)
				? `, at most ${maxValue}`
				: '';
}

/**
The flag, what would be right for it, and what stood there.
@param own the command line without global flags
*/
export function describeFlagFault(issue: z.core.$ZodIssue, own: readonly string[]): string {
	const flag = `--${toKebab(issue.path.join('.'))}`;
	const typed = own
		.flatMap((word, index) =>
			word === flag ? [own[index + 1]] : word.startsWith(`${flag}=`) ? [word.slice(flag.length + 1)] : [],
		)
		.at(-1);
	return `${flag}: ${issue.message}${butFound(typed)}`;
}

/** As `describeFlagFault`, of the words. */
export function describeArgumentFault(
	issue: z.core.$ZodIssue,
	names: readonly string[],
	words: readonly string[],
): string {
	const [position] = issue.path;
	if (issue.code === 'too_big' && issue.origin === 'array') {
		return `Too many arguments; it takes ${names.length === 0 ? 'none' : names.join(' ')}.`;
	}

	if (typeof position !== 'number') {
		return `Missing argument; it takes ${names.join(' ')}.`;
	}

	const name = names[position] ?? 'The argument';
	return words[position] === undefined
		? `${name} is missing.`
		: `${name}: ${issue.message}${butFound(words[position])}`;
}

function butFound(typed: string | undefined): string {
	return typed === undefined ? '' : `, not «${typed}»`;
}
