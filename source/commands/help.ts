import * as z from 'zod';
import {columns} from '../command-line/columns.js';
import {command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {
	describeCommand,
	describeCommands,
	isGroup,
	type TopicName,
	topicNames,
	wholeHelp,
} from '../command-line/help.js';
import {namesLike} from '../command-line/likeness.js';
import {groupHelp} from '../command-line/overview.js';
import {commands, suggestCommands} from '../command-line/registry.js';
import {topicSummaries, topicText} from '../command-line/topics.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';

const definition = command({
	description: 'Read about a command or a topic; alone, see what there is',
	args: z.tuple([z.string().optional().describe('TOPIC'), z.string().optional().describe('SUBCOMMAND')]),
	options: z.object({}),
	documents: ['help'],
	examples: ['golem help exit-codes', 'golem help vm create'],
	async run(context, {args: words}) {
		const name = words.filter(word => word !== undefined).join(' ');
		const topic = topicNames.find(known => known === name);
		if (name === '') {
			await showContents(context);
		} else if (topic) {
			await showTopic(context, topic);
		} else if (Object.hasOwn(commands, name)) {
			await showCommand(context, name);
		} else if (isGroup(name)) {
			await showGroup(context, name);
		} else {
			throw unknownTopic(name);
		}

		return exitCodes.done;
	},
});

async function showContents({result}: Context): Promise<void> {
	const known = await describeCommands();
	const topics = topicNames.map(topic => ({topic, description: topicSummaries[topic]}));
	result(
		{topics, commands: known},
		() =>
			[
				'golem help TOPIC:',
				...columns(topics.map(({topic, description: text}) => [topic, text] as const)),
				'',
				'golem help COMMAND:',
				...columns(known.map(({command: name, description: text}) => [name, text] as const)),
			].join('\n'),
		() => [...topicNames, ...known.map(({command: name}) => name)],
	);
}

async function showTopic(context: Context, topic: TopicName): Promise<void> {
	const text = await topicText(topic, context);
	context.result(
		{topic, text},
		() => text,
		() => [topic],
	);
}

async function showCommand({result}: Context, name: string): Promise<void> {
	const module = await commands[name]?.();
	if (module) {
		const text = await wholeHelp(name, module.default);
		result(
			describeCommand(name, module.default),
			() => text,
			() => [name],
		);
	}
}

async function showGroup({result}: Context, group: string): Promise<void> {
	const [text, known] = await Promise.all([groupHelp(group), describeCommands(group)]);
	result(
		{commands: known},
		() => text,
		() => known.map(({command: name}) => name),
	);
}

function unknownTopic(name: string): GolemError {
	const meant = [...namesLike(name, topicNames), ...suggestCommands(name)];
	return new GolemError('USAGE', `There is neither a topic nor a command «${name}».`, {
		exitCode: exitCodes.usage,
		hint:
			meant.length > 0
				? `Did you mean: ${meant.map(known => `golem help ${known}`).join(', ')}?`
				: 'See what there is with: golem help',
	});
}

export const {description, args, options} = definition;
export default definition;
