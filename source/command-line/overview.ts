import {columns} from './columns.js';
import {describeCommands, globalOptions, ownOptions, topicNames} from './help.js';
import {commands} from './registry.js';

/** The groups in which `golem --help` tells of the commands; a folded one has those of a daemon in one row. */
const sections: ReadonlyArray<{title: string; has: RegExp; isFolded?: boolean}> = [
	{title: 'Rent', has: /^vm /},
	{title: 'Host', has: /^(?:provider|doctor)\b/},
	{title: 'Run a service of the network', has: /^(?:discovery|port-checker)\b/, isFolded: true},
	{title: 'This machine', has: /^(?:setup|demo|images|status|identity|config)\b/},
	{title: 'More', has: /^/},
];

type Row = {command: string; description: string};

/** The help of all of it. */
export async function overviewHelp(): Promise<string> {
	const whole = (await commands['']?.())?.default;
	const known = await describeCommands();
	const sectionOf = ({command}: Row) => sections.find(({has}) => has.test(command));
	return [
		'Rent a virtual machine, or rent out your own, from one terminal.',
		'',
		'Usage: golem                      opens the dashboard',
		'       golem <command> [options]  one of those below; see golem help <command>',
		'',
		'To begin:',
		...columns([
			['golem setup', 'Get this machine ready to host VMs'],
			['golem demo', 'A whole network on this machine, with a VM in it'],
		]),
		...sections.flatMap(section => {
			const rows = known.filter(row => sectionOf(row) === section);
			return ['', `${section.title}:`, ...columns((section.isFolded ? fold(rows) : rows).map(brief))];
		}),
		'',
		'Options:',
		...columns([...(whole ? ownOptions('', whole) : []), ...globalOptions]),
		'',
		`To read: golem help <topic>, of ${topicNames.join(', ')}`,
	].join('\n');
}

/** What comes after a colon or a semicolon is for the command's own help. */
function brief({command, description}: Row): readonly [string, string] {
	return [command, description.split(/[:;] /)[0] ?? ''];
}

function fold(rows: readonly Row[]): Row[] {
	return rows
		.filter(({command}) => !command.includes(' '))
		.flatMap(daemon => {
			const verbs = rows.filter(({command}) => command.startsWith(`${daemon.command} `));
			const names = verbs.map(({command}) => command.slice(daemon.command.length + 1));
			return [daemon, {command: `${daemon.command} …`, description: names.join(', ')}];
		});
}

/** The help of one group of commands, such as `vm`. */
export async function groupHelp(group: string): Promise<string> {
	const known = await describeCommands(group);
	return [
		`golem ${group}`,
		'',
		`Usage: golem ${group} <command> [options]`,
		'',
		'Commands:',
		...columns(known.map(({command, description}) => [command, description] as const)),
		'',
		'Options:',
		...columns(globalOptions),
	].join('\n');
}
