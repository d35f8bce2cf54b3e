import type * as z from 'zod';
import {argumentNames, flagType, isOnByDefault, toKebab} from './arguments.js';
import type {Command} from './command.js';
import {commands} from './registry.js';

const globalOptions = [
	['--json', 'Print the result as one JSON document'],
	['--quiet', 'Print ids only'],
	['--yes', 'Never ask; take yes for the answer'],
	['--help', 'Show this'],
] as const;

/** The help of one command. */
export function commandHelp(name: string, definition: Command): string {
	const shape = definition.options.shape as Record<string, z.ZodType>;
	const options = Object.entries(shape).map(
		([key, schema]) =>
			[
				`--${isOnByDefault(schema) ? 'no-' : ''}${toKebab(key)}${flagType(schema) === 'boolean' ? '' : ` <${flagType(schema)}>`}`,
				schema.description ?? '',
			] as const,
	);
	const usage = ['golem', name, ...argumentNames(definition), options.length > 0 ? '[options]' : '']
		.filter(Boolean)
		.join(' ');
	return [
		definition.description,
		'',
		`Usage: ${usage}`,
		'',
		'Options:',
		...columns([...options, ...globalOptions]),
		'',
		'Examples:',
		...definition.examples.map(example => `  ${example}`),
	].join('\n');
}

/** The help of all of it, or of one group such as `vm`. */
export async function overviewHelp(group = ''): Promise<string> {
	const names = Object.keys(commands).filter(
		name => name !== '' && (group === '' || name === group || name.startsWith(`${group} `)),
	);
	const rows = await Promise.all(
		names.map(async name => {
			const module = await commands[name]?.();
			return [name, module?.default.description ?? ''] as const;
		}),
	);
	return [
		group === '' ? 'Rent a virtual machine, or rent out your own, from one terminal.' : `golem ${group}`,
		'',
		`Usage: golem ${group ? `${group} ` : ''}<command> [options]`,
		'',
		'Commands:',
		...columns(rows),
		'',
		'Options:',
		...columns(globalOptions),
		...(group === ''
			? [
					'',
					'To begin:',
					'  golem setup         get this machine ready to host VMs',
					'  golem demo          a whole network on this machine, with a VM in it',
				]
			: []),
	].join('\n');
}

function columns(rows: ReadonlyArray<readonly [string, string]>): string[] {
	const width = Math.max(...rows.map(([left]) => left.length)) + 2;
	return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`);
}
