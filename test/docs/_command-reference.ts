import type {Command} from '../../source/command-line/command.js';
import {describeCommand, globalOptions} from '../../source/command-line/help.js';

/* The page docs/commands.md, made of the definitions that the program runs by. */

const head = `# Commands

Every command as \`--help\` tells of it; \`golem\` alone is [the dashboard](dashboard.md). This page is made of the commands
themselves, by \`npm run reference\`.

All of them take:

`;

export function renderCommandReference(commands: ReadonlyArray<readonly [string, Command]>): string {
	return [
		head + table(['flag', ''], [...globalOptions]),
		...commands.filter(([name]) => name !== '').map(([name, definition]) => renderCommand(name, definition)),
	].join('\n');
}

function renderCommand(name: string, definition: Command): string {
	const {description, usage, options, examples, documents} = describeCommand(name, definition);
	const rows = options.map(
		({flag, takes, description: text, default: usual}) =>
			[
				takes === null ? flag : `${flag} <${takes}>`,
				usual === null ? text : `${text} (usually ${usual})`,
			] as const,
	);
	return [
		`## golem ${name}`,
		'',
		`${description}.`.replace(/\?\.$/, '?'),
		'',
		fenced([usage]),
		...(rows.length > 0 ? ['', table(['flag', ''], rows).trimEnd()] : []),
		'',
		'For example:',
		'',
		fenced(examples),
		...(documents.length > 0
			? ['', `With \`--json\`: ${documents.map(document => `\`golem schema ${document}\``).join(', ')}`]
			: []),
		'',
	].join('\n');
}

function fenced(lines: readonly string[]): string {
	return ['```text', ...lines, '```'].join('\n');
}

function table(titles: readonly string[], rows: ReadonlyArray<readonly [string, string]>): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
	return [
		line(titles),
		line(titles.map(() => '---')),
		...rows.map(([left, right]) => line([`\`${left}\``, right.replaceAll('|', '\\|')])),
	].join('');
}
