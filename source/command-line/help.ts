import {argumentNames, defaultOf, flagName, flagSchemas, flagType} from './argument-schemas.js';
import {columns} from './columns.js';
import type {Command} from './command.js';
import {commands} from './registry.js';

/** Flags that every command takes, as its help tells of them. */
export const globalOptions = [
	['--json', 'Print the result as one JSON document'],
	['--quiet', 'Print ids only'],
	['--yes', 'Never ask; take yes for the answer'],
	['--help', 'Show this'],
] as const;

/** What there is to read besides the commands: `golem help …`. */
export const topicNames = ['settings', 'environment', 'exit-codes', 'json'] as const;
export type TopicName = (typeof topicNames)[number];

/** A command's help, for programs. */
export function describeCommand(name: string, definition: Command) {
	const options = Object.entries(flagSchemas(definition)).map(([key, schema]) => ({
		flag: flagName(key, schema),
		takes: flagType(schema) === 'boolean' ? null : flagType(schema),
		description: schema.description ?? '',
		default: defaultOf(schema) ?? null,
	}));
	const usage = ['golem', name, ...argumentNames(definition), options.length > 0 ? '[options]' : '']
		.filter(Boolean)
		.join(' ');
	return {
		command: `golem ${name}`.trim(),
		description: definition.description,
		usage,
		options,
		examples: [...definition.examples],
		documents: [...definition.documents],
	};
}

/** The help of one command. */
export function commandHelp(name: string, definition: Command): string {
	const {description, usage, examples, documents} = describeCommand(name, definition);
	return [
		description,
		'',
		`Usage: ${usage}`,
		'',
		'Options:',
		...columns([...ownOptions(name, definition), ...globalOptions]),
		'',
		'Examples:',
		...examples.map(example => `  ${example}`),
		...(documents.length === 0
			? []
			: ['', 'What --json writes:', ...documents.map(document => `  golem schema ${document}`)]),
	].join('\n');
}

/** The same; of one with commands below it, such as `provider`, these too. */
export async function wholeHelp(name: string, definition: Command): Promise<string> {
	const below = isGroup(name) ? (await describeCommands(name)).filter(({command}) => command !== name) : [];
	return [
		commandHelp(name, definition),
		...(below.length === 0
			? []
			: [
					'',
					'Commands:',
					...columns(below.map(({command, description}) => [command, description] as const)),
				]),
	].join('\n');
}

/** A command's flags and what they are for. */
export function ownOptions(name: string, definition: Command): Array<readonly [string, string]> {
	return describeCommand(name, definition).options.map(({flag, takes, description, default: usual}) => [
		`${flag}${takes === null ? '' : ` <${takes}>`}`,
		usual === null ? description : `${description} (usually ${usual})`,
	]);
}

/** All commands, or those of one group such as `vm`, each with what it does. */
export async function describeCommands(group = ''): Promise<Array<{command: string; description: string}>> {
	const names = Object.keys(commands).filter(
		name => name !== '' && (group === '' || name === group || name.startsWith(`${group} `)),
	);
	return Promise.all(
		names.map(async name => ({
			command: name,
			description: (await commands[name]?.())?.default.description ?? '',
		})),
	);
}

/** Is that the first word of several commands? */
export function isGroup(word: string): boolean {
	return Object.keys(commands).some(name => name.startsWith(`${word} `));
}
