import {exitCodes} from '../platform/golem-error.js';
import {findAllSettings, settingOwners, settingText} from './all-settings.js';
import {columns} from './columns.js';
import type {Context} from './context.js';
import type {TopicName} from './help.js';

/** What a topic of `golem help` has to say. */
export async function topicText(
	topic: TopicName,
	context: Pick<Context, 'paths' | 'sources' | 'signal'>,
): Promise<string> {
	switch (topic) {
		case 'settings':
			return settingsText(context);
		case 'environment':
			return environmentText();
		case 'exit-codes':
			return exitCodesText();
		default:
			return jsonText();
	}
}

/** In a few words, for the list of topics. */
export const topicSummaries: Readonly<Record<TopicName, string>> = {
	settings: 'Everything that can be set, and what it is when nobody says anything',
	environment: 'Where settings come from, and what else of the environment counts',
	'exit-codes': 'What each exit status means',
	json: 'What --json promises, and the documents there are',
};

/** What each exit status says. */
const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
	done: 'done',
	failed: 'failed',
	usage: 'wrong usage: a flag, an argument or a setting',
	notFound: 'not found',
	notAllowed: 'not allowed',
	notReachable: 'not reachable',
	conflict: 'no capacity, or something in the way: a conflict',
	timedOut: 'timed out',
	interrupted: 'interrupted by Ctrl-C, or asked to end',
};

function exitCodesText(): string {
	const rows = Object.entries(exitCodeMeanings).map(
		([name, meaning]) => [String(exitCodes[name as keyof typeof exitCodes]), meaning] as const,
	);
	return [
		'The exit status tells a script how a command ended:',
		'',
		...columns(rows),
		'',
		'`golem vm ssh` passes on the exit status of what ran in the VM; 255 is of SSH itself.',
	].join('\n');
}

function jsonText(): string {
	return [
		'With --json, a command writes one JSON document to stdout and everything else to stderr. `logs` writes one a',
		'line. It asks nothing.',
		'',
		'When something goes wrong, the document is {"error": {"code", "message", "hint"}}, with "details" where there',
		'are any, and the exit status is not 0. Codes stay as they are; messages are for people. New fields may come at',
		'any time: pass over those you do not know.',
		'',
		'`golem schema` lists all documents, and shows the JSON Schema of one: `golem schema vm-list`. The help of each',
		'command names what it writes.',
		'',
		'For instance, the names of the VMs that run:',
		`  golem vm list --json | jq -r '.[] | select(.status == "running") | .name'`,
	].join('\n');
}

function environmentText(): string {
	return [
		'A flag wins over the environment, that over a .env in the working folder, that over config.json in GOLEM_HOME,',
		'and that over the default. `golem config list` shows what counts and where it comes from.',
		'',
		...columns([
			['GOLEM_HOME', 'Where everything is kept; ~/.golem where nothing is said'],
			['NO_COLOR', 'Set to anything: no colours'],
			['FORCE_COLOR', '0 to 3: so many colours, whatever the terminal says of itself'],
			['COLORTERM', 'truecolor: the terminal has all colours'],
			['TERM', 'dumb: lines one after the other instead of a drawing'],
			['INK_SCREEN_READER', 'true: the same, for those who listen to their terminal'],
		]),
		'',
		'All other variables are settings: golem help settings',
	].join('\n');
}

async function settingsText(context: Pick<Context, 'paths' | 'sources' | 'signal'>): Promise<string> {
	const settings = await findAllSettings(context);
	const groups = settingOwners.map(owner => [
		'',
		`${owner}:`,
		...settings
			.filter(setting => setting.owner === owner)
			.flatMap(({name, default: usual, description}) => [
				`  ${name} (${settingText(usual) || 'nothing'})`,
				`      ${description}`,
			]),
	]);
	return [
		'Each can be said in the environment, in a .env in the working folder, or as a key of config.json, which',
		'`golem config set` writes. Lists are JSON arrays or separated by commas. In brackets: the default.',
		...groups.flat(),
	].join('\n');
}
