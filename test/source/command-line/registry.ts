import fs from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {parseArguments, splitCommandLine} from '../../../source/command-line/arguments.js';
import {commandHelp} from '../../../source/command-line/help.js';
import {groupHelp, overviewHelp} from '../../../source/command-line/overview.js';
import {commands, findCommand, suggestCommands} from '../../../source/command-line/registry.js';

const commandsFolder = fileURLToPath(new URL('../../../source/commands', import.meta.url));

/** `vm/create.ts` → `vm create`, `vm/index.ts` → `vm`; files that begin with an underscore are Pastel's own. */
async function commandsOnDisk(): Promise<string[]> {
	const files = await fs.readdir(commandsFolder, {recursive: true});
	return files
		.filter(file => /\.tsx?$/.test(file) && !path.basename(file).startsWith('_'))
		.map(file =>
			file
				.replace(/\.tsx?$/, '')
				.split(path.sep)
				.filter(word => word !== 'index')
				.join(' '),
		);
}

const load = async (name: string) => {
	const module = await commands[name]?.();
	if (!module) {
		throw new Error(`There is no command ${name}.`);
	}

	return module.default;
};

const names = Object.keys(commands);

test('every file in commands/ is registered, and every registered command has its file', async t => {
	t.deepEqual([...names].sort(), (await commandsOnDisk()).sort());
});

for (const name of names) {
	const title = `golem ${name}`.trim();

	test(`${title} is what its file says: description, arguments and options for Pastel too`, async t => {
		const parts = name === '' ? ['index'] : name.split(' ');
		const candidates = [`${parts.join('/')}.ts`, `${parts.join('/')}.tsx`, `${parts.join('/')}/index.ts`];
		const existing = await fs.readdir(commandsFolder, {recursive: true});
		const file = candidates.find(candidate => existing.includes(candidate));
		const module = await import(path.join(commandsFolder, file ?? ''));
		const definition = await load(name);
		t.is(module.default, definition);
		t.is(module.description, definition.description);
		t.is(module.args, definition.args);
		t.is(module.options, definition.options);
	});

	test(`the help of ${title} has a usage line, every option, and two examples that work`, async t => {
		const definition = await load(name);
		const help = commandHelp(name, definition);
		t.true(help.includes(`Usage: ${title}`));
		t.true(definition.description.length > 5);
		t.true(definition.examples.length >= 2);
		for (const option of Object.values(definition.options.shape)) {
			t.truthy(option.description, 'each option says what it is for');
		}

		for (const example of definition.examples) {
			t.true(help.includes(example));
			const [program, ...words] = example.split(' ');
			t.is(program, 'golem');
			const line = splitCommandLine(words);
			t.is(findCommand(line.words)?.name, name, example);
			await t.notThrowsAsync(async () => parseArguments(definition, name, line), example);
		}
	});
}

test('the overview names every command once, and what it does', async t => {
	const lines = (await overviewHelp()).split('\n');
	for (const name of names.filter(Boolean)) {
		const [, daemon = '', verb = ''] = /^(discovery|port-checker) (.+)$/.exec(name) ?? [];
		const {description} = await load(name);
		const [brief = ''] = description.split(/[:;] /);
		const telling = lines.filter(line =>
			daemon ? line.startsWith(`  ${daemon} … `) && line.includes(verb) : line.startsWith(`  ${name}  `),
		);
		t.is(telling.length, 1, name);
		t.true(daemon !== '' || telling[0]?.endsWith(brief), name);
	}

	t.deepEqual(
		lines.filter(line => line.length > 80),
		[],
	);
});

test('the overview of a group has that group only', async t => {
	const help = await groupHelp('vm');
	t.regex(help, /vm create/);
	t.notRegex(help, /provider (?:stop|logs)/);
});

test('the longest run of leading words that is a command is the command', t => {
	t.deepEqual(findCommand(['vm', 'create', 'list']), {name: 'vm create', rest: ['list']});
	t.deepEqual(findCommand(['provider', 'stop']), {name: 'provider stop', rest: []});
	t.deepEqual(findCommand(['provider']), {name: 'provider', rest: []});
	t.deepEqual(findCommand([]), {name: '', rest: []});
	t.is(findCommand(['vm']), undefined);
	t.is(findCommand(['toString']), undefined);
});

for (const [typed, meant] of [
	['vm lsit', 'vm list'],
	['vm creat', 'vm create'],
	['vm destory', 'vm destroy'],
	['provder', 'provider'],
	['provider sotp', 'provider stop'],
	['statsu', 'status'],
	['stup', 'setup'],
] as const) {
	test(`«${typed}» is taken for «${meant}»`, t => {
		t.is(suggestCommands(typed)[0], meant);
	});
}

test('what looks like nothing gets no suggestion', t => {
	t.deepEqual(suggestCommands('photosynthesis'), []);
});
