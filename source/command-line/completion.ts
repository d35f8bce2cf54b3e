import {argumentSchemas, choicesOf, flagName, flagSchemas, flagType, toKebab} from './argument-schemas.js';
import {globalNames, splitCommandLine} from './arguments.js';
import type {Command} from './command.js';
import {globalOptions, topicNames} from './help.js';
import {commands, findCommand} from './registry.js';

/** A word that could stand at the cursor, and what it is. */
export type Candidate = {word: string; meaning: string};

/** What only the machine or the network knows: names of VMs, ids of providers. */
export type LiveKind = 'vm' | 'provider' | 'image' | 'setting';
export type FindLive = (kind: LiveKind) => Promise<Candidate[]>;

/**
What the word under the cursor could become, from the commands' own definitions.
@param words what stands behind `golem` up to the cursor; the last one is what is being typed, perhaps empty
@param findLive called only where such a word may stand
*/
export async function complete(words: readonly string[], findLive: FindLive): Promise<Candidate[]> {
	const {before, current, prefix} = wordAtCursor(words);
	if (before.includes('--')) {
		return [];
	}

	const {words: leading, own} = splitCommandLine(before);
	const found = findCommand(leading);
	const name = found?.name ?? '';
	const module = await commands[name]?.();
	const candidates = module
		? await candidatesFor({name, definition: module.default, own, current, findLive})
		: [];
	const further = current.startsWith('-') ? [] : await commandWords(own);
	return [...further, ...candidates]
		.filter(({word}) => word.startsWith(current))
		.map(({word, meaning}) => ({word: `${prefix}${word}`, meaning}));
}

/** bash makes three words of `--size=small`, the others one; either way it is `small` that is asked for. */
function wordAtCursor(words: readonly string[]) {
	const before = words.slice(0, -1);
	const current = words.at(-1) ?? '';
	const flag = current === '=' ? before.at(-1) : before.at(-1) === '=' ? before.at(-2) : undefined;
	if (flag?.startsWith('--')) {
		return {
			before: current === '=' ? before : before.slice(0, -1),
			current: current === '=' ? '' : current,
			prefix: '',
		};
	}

	const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
	return name === undefined
		? {before, current, prefix: ''}
		: {before: [...before, name], current: value ?? '', prefix: `${name}=`};
}

type Place = {name: string; definition: Command; own: string[]; current: string; findLive: FindLive};

async function candidatesFor(place: Place): Promise<Candidate[]> {
	const {name, definition, own, current, findLive} = place;
	const shape = flagSchemas(definition);
	const keyOf = (flag: string) => Object.keys(shape).find(key => `--${toKebab(key)}` === flag);
	const takesValue = (flag: string) => {
		const schema = shape[keyOf(flag) ?? ''];
		return schema !== undefined && flagType(schema) !== 'boolean';
	};
	const last = own.at(-1) ?? '';
	if (takesValue(last)) {
		const key = keyOf(last) ?? '';
		const schema = shape[key];
		const kind = liveFlags[key];
		return [...(schema ? plain(choicesOf(schema)) : []), ...(kind ? await findLive(kind) : [])];
	}

	if (current.startsWith('-')) {
		return flagsOf(definition, own);
	}

	// A value that stands behind its flag, or in one word with it, is no word of the command's.
	const positional = own.filter((word, index) => !word.startsWith('-') && !takesValue(own[index - 1] ?? ''));
	const position = positional.length - (name === '' ? 0 : name.split(' ').length);
	const schema = argumentSchemas(definition)[position];
	const kind = schema && liveArgument(name, schema.description ?? '');
	return [
		...(schema ? plain(choicesOf(schema)) : []),
		...(kind ? await findLive(kind) : []),
		...(name === 'help' && position === 0 ? plain([...topicNames]) : []),
		...(name === 'help' ? await commandWords(positional.slice(1)) : []),
	];
}

/** Flags whose values only the machine or the network knows. */
const liveFlags: Readonly<Record<string, LiveKind>> = {
	providerId: 'provider',
	provider: 'provider',
	image: 'image',
};

/** What an argument is called says what it is. A VM that is only being made has no name yet. */
function liveArgument(command: string, argument: string): LiveKind | undefined {
	return argument === 'SETTING'
		? 'setting'
		: argument === 'NAME' && command.startsWith('vm ') && command !== 'vm create'
			? 'vm'
			: undefined;
}

/** The command's own flags and everybody's, but those that stand there already. */
function flagsOf(definition: Command, own: readonly string[]): Candidate[] {
	const flags = Object.entries(flagSchemas(definition)).map(([key, schema]) => ({
		word: flagName(key, schema),
		meaning: schema.description ?? '',
	}));
	const general = globalOptions.map(([word, meaning]) => ({word, meaning}));
	return [...flags, ...general].filter(({word}) => !own.includes(word) || Object.hasOwn(globalNames, word));
}

/** The words that commands go on with after these, each once; of a command that is complete, what it does. */
async function commandWords(before: readonly string[]): Promise<Candidate[]> {
	const start = before.length === 0 ? '' : `${before.join(' ')} `;
	const names = Object.keys(commands).filter(name => name !== '' && name.startsWith(start));
	const next = [...new Set(names.map(name => name.slice(start.length).split(' ')[0] ?? ''))];
	return Promise.all(
		next.map(async word => ({
			word,
			meaning: (await commands[`${start}${word}`]?.())?.default.description ?? `golem ${start}${word} …`,
		})),
	);
}

function plain(words: readonly string[]): Candidate[] {
	return words.map(word => ({word, meaning: ''}));
}
