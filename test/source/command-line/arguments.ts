import test from 'ava';
import fc from 'fast-check';
import * as z from 'zod';
import {argumentNames} from '../../../source/command-line/argument-schemas.js';
import {parseArguments, splitCommandLine} from '../../../source/command-line/arguments.js';
import {command} from '../../../source/command-line/command.js';
import {exitCodes, GolemError} from '../../../source/platform/golem-error.js';

const sample = command({
	description: 'A command with one of each',
	args: z.tuple([z.string().min(3, 'must have at least 3 characters').describe('NAME')]),
	options: z.object({
		cpu: z.number().int().min(1, 'must be at least 1').optional(),
		providerId: z.string().optional(),
		detach: z.boolean().optional(),
		wait: z.boolean().default(true),
		timeout: z.number().default(300),
	}),
	documents: [],
	examples: ['golem sample abc', 'golem sample abc --cpu 2'],
	run: async () => exitCodes.done,
});

const rest = command({
	description: 'A command that takes more words',
	args: z.tuple([z.string().describe('NAME')]).rest(z.string().describe('command')),
	options: z.object({}),
	documents: [],
	examples: ['golem rest abc', 'golem rest abc -- true'],
	run: async () => exitCodes.done,
});

const parse = async (words: string[], definition = sample) =>
	parseArguments(definition, 'sample', splitCommandLine(['sample', ...words]));

async function faultOf(words: string[], definition = sample): Promise<GolemError> {
	try {
		await parse(words, definition);
	} catch (error) {
		if (error instanceof GolemError) {
			return error;
		}
	}

	throw new Error(`No fault was found in ${words.join(' ')}`);
}

test('words and flags are read by the schemas of the command', async t => {
	t.deepEqual(await parse(['abc', '--cpu', '2', '--provider-id', '0x1', '--detach', '--no-wait']), {
		args: ['abc'],
		options: {cpu: 2, providerId: '0x1', detach: true, wait: false, timeout: 300},
	});
});

test('a flag’s value may stand behind an equals sign, and flags before the words', async t => {
	t.deepEqual(await parse(['--cpu=2', '--timeout', '5', 'abc']), {
		args: ['abc'],
		options: {cpu: 2, wait: true, timeout: 5},
	});
});

test('a flag that was not given takes its default, or is not there', async t => {
	t.deepEqual((await parse(['abc'])).options, {wait: true, timeout: 300});
});

for (const [flag, typed] of [
	['--colour', ['abc', '--colour', 'red']],
	['--cpus', ['abc', '--cpus=2']],
	['-x', ['abc', '-x']],
	['--provider-i', ['abc', '--provider-i', '0x1']],
	['--no-detatch', ['abc', '--no-detatch']],
] as const) {
	test(`an unknown flag is named: ${typed.join(' ')}`, async t => {
		const {message, exitCode, code, hint} = await faultOf([...typed]);
		t.is(code, 'USAGE');
		t.is(exitCode, exitCodes.usage);
		const shown = flag.replace('--no-', '--');
		t.true(message.includes(shown), message);
		t.regex(hint ?? '', /See: golem sample --help$/);
	});
}

test('every fault of a command line is told at once', async t => {
	const {message} = await faultOf(['ab', '--cpu', '0']);
	t.regex(message, /--cpu: must be at least 1/);
	t.regex(message, /NAME: must have at least 3 characters/);
});

for (const [typed, meant] of [
	['--cpus=2', '--cpu'],
	['--provider-i', '--provider-id'],
	['--no-wiat', '--no-wait'],
	['--jsno', '--json'],
] as const) {
	test(`${typed} is taken for a misspelt ${meant}`, async t => {
		t.is((await faultOf(['abc', typed])).hint, `Did you mean ${meant}? See: golem sample --help`);
	});
}

test('a flag that looks like none there is gets no suggestion', async t => {
	t.is((await faultOf(['abc', '--photosynthesis'])).hint, 'See: golem sample --help');
});

test('a value that is none of its flag’s is told with what would be right, in no words of zod’s', async t => {
	const bounded = command({
		description: 'A command with limits',
		args: z.tuple([z.enum(['bash', 'zsh']).describe('SHELL')]),
		options: z.object({
			cores: z.number().int().min(1).max(64).optional(),
			share: z.number().min(0.5).optional(),
			size: z.enum(['small', 'large']).optional(),
		}),
		documents: [],
		examples: ['golem bounded bash', 'golem bounded zsh'],
		run: async () => exitCodes.done,
	});
	for (const [words, message] of [
		[['bash', '--cores', 'x'], '--cores: must be a whole number from 1 to 64, not «x»'],
		[['bash', '--cores=1.5'], '--cores: must be a whole number from 1 to 64, not «1.5»'],
		[['bash', '--cores', '65'], '--cores: must be a whole number from 1 to 64, not «65»'],
		[['bash', '--share', '0'], '--share: must be a number, at least 0.5, not «0»'],
		[['bash', '--size', 'huge'], '--size: must be one of small, large, not «huge»'],
		[['tcsh'], 'SHELL: must be one of bash, zsh, not «tcsh»'],
		[[], 'Missing argument; it takes SHELL.'],
	] as const) {
		t.is((await faultOf([...words], bounded)).message, message);
	}
});

test('a flag that has lost its value is told, not passed over', async t => {
	t.regex((await faultOf(['abc', '--cpu'])).message, /--cpu/);
	t.regex((await faultOf(['abc', '--cpu', '--detach'])).message, /--cpu/);
	t.regex((await faultOf(['abc', '--cpu='])).message, /--cpu/);
});

test('a flag that is given twice is a fault of usage', async t => {
	const {message, exitCode} = await faultOf(['abc', '--cpu', '2', '--cpu', '3']);
	t.regex(message, /--cpu/);
	t.is(exitCode, exitCodes.usage);
});

test('a missing word is called by its name, and a word too many is refused', async t => {
	t.regex((await faultOf([])).message, /NAME/);
	t.regex((await faultOf(['abc', 'def'])).message, /^Too many arguments; it takes NAME/);
});

test('what stands after -- is nobody’s flag', async t => {
	const words = ['--json', '--help', '-y', '--', '--cpu', 'x y', ''];
	t.deepEqual((await parse(['abc', '--', ...words], rest)).args, ['abc', ...words]);
	const {global} = splitCommandLine(['sample', 'abc', '--', '--json', '--yes', '--help']);
	t.deepEqual(global, {isJson: false, isQuiet: false, saysYes: false, wantsHelp: false, wantsVersion: false});
});

test('any words after -- arrive as they were given', async t => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.string()), async words => {
			t.deepEqual((await parse(['abc', '--', ...words], rest)).args, ['abc', ...words]);
		}),
	);
});

test('global flags are found wherever they stand, and are no flags of the command', t => {
	const argv = ['vm', 'create', 'my-vm', '--cpu', '2'];
	fc.assert(
		fc.property(
			fc.constantFrom('--json', '--quiet', '-q', '--yes', '-y', '--help', '-h'),
			fc.constantFrom(0, 1, 2, 3, 5),
			(flag, position) => {
				const {global, own} = splitCommandLine(argv.toSpliced(position, 0, flag));
				t.deepEqual(own, argv);
				t.is(Object.values(global).filter(Boolean).length, 1);
			},
		),
	);
});

test('-v is OpenSSH’s behind vm ssh, whatever stands before that, and the version’s elsewhere', t => {
	for (const argv of [
		['vm', 'ssh', 'box', '-v'],
		['--json', 'vm', 'ssh', 'box', '-v'],
		['vm', '-q', 'ssh', '-v', 'box'],
	]) {
		const {global, own} = splitCommandLine(argv);
		t.false(global.wantsVersion, argv.join(' '));
		t.true(own.includes('-v'));
	}

	t.true(splitCommandLine(['vm', 'list', '-v']).global.wantsVersion);
});

test('the words of a command are not mixed up with the value of a flag', t => {
	t.deepEqual(splitCommandLine(['provider', '--port', '0']).words, ['provider']);
	t.deepEqual(splitCommandLine(['--json', 'vm', 'list']).words, ['vm', 'list']);
});

test('the names of arguments come from their descriptions', t => {
	t.deepEqual(argumentNames(sample), ['NAME']);
	t.deepEqual(argumentNames(rest), ['NAME', '[-- command…]']);
});
