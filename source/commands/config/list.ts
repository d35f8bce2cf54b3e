import chalk from 'chalk';
import * as z from 'zod';
import {
	findAllSettings,
	type OwnedSetting,
	settingOwners,
	settingText,
	unknownKeys,
} from '../../command-line/all-settings.js';
import {command} from '../../command-line/command.js';
import {exitCodes} from '../../platform/golem-error.js';
import {printable} from '../../platform/printable.js';

const definition = command({
	description: 'Show every setting: its value, where that comes from, and what it is for',
	args: z.tuple([]),
	options: z.object({
		for: z.enum(settingOwners).optional().describe('Only what this one goes by'),
		changed: z.boolean().optional().describe('Only those that are not left to their defaults'),
	}),
	documents: ['settings'],
	examples: ['golem config list', 'golem config list --for provider --changed'],
	async run(context, {options}) {
		const {paths, sources, result, note} = context;
		const all = await findAllSettings(context);
		const wanted = all.filter(
			({owner, source}) =>
				(options.for === undefined || owner === options.for) && (!options.changed || source !== 'default'),
		);
		result(
			wanted,
			() => describeAll(wanted),
			() => wanted.map(({name}) => name),
		);
		for (const {key, remark} of unknownKeys(sources.config, all)) {
			note(`${paths.config}: ${printable(key)} ${remark}`);
		}

		for (const {name, source, fault} of wanted.filter(setting => setting.fault !== null)) {
			note(`${name} (from ${source}): ${fault}`);
		}

		return exitCodes.done;
	},
});

function describeAll(settings: readonly OwnedSetting[]): string {
	return settingOwners
		.map(owner => settings.filter(setting => setting.owner === owner))
		.filter(group => group.length > 0)
		.map(group => [chalk.bold(group[0]?.owner.toUpperCase()), ...group.map(describe)].join('\n'))
		.join('\n\n');
}

function describe({name, value, source, default: usual, description}: OwnedSetting): string {
	const origin = source === 'default' ? source : `${source}; default: ${settingText(usual) || 'none'}`;
	return `  ${chalk.bold(name)} = ${printable(settingText(value)) || '(nothing)'}  (${origin})\n      ${description}`;
}

export const {description, args, options} = definition;
export default definition;
