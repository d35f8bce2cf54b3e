import {stripVTControlCharacters} from 'node:util';
import test from 'ava';
import * as z from 'zod';
import {commands} from '../../source/command-line/registry.js';
import {type DashboardWorld, rentVm, startDashboardWorld} from '../support/dashboard-world.js';
import {golemProgram} from '../support/golem.js';
import {openScreen} from '../support/screen.js';
import {eventually, whenTrue} from '../support/waiting.js';
import {type CommandCase, commandCases, type Mode} from './_command-cases.js';

/*
Every command, in words and with `--json`, on a terminal and off it, in a real network with a real VM. A command that is
new has no case here yet, and fails the first test.
*/
let world: DashboardWorld;
const schemas = new Map<string, Promise<z.ZodType>>();
const guestMs = 120_000;

test.before(async t => {
	t.timeout(180_000);
	world = await startDashboardWorld();
	Object.assign(world.environment, {DISCOVERY_HOST: '127.0.0.1', DISCOVERY_PORT: '0'});
	await rentVm(world, 'web');
});

test.after.always(async () => {
	await world?.tearDown();
});

test.serial('every command is tried here', t => {
	t.deepEqual(Object.keys(commandCases).toSorted(), Object.keys(commands).toSorted());
});

const modes: readonly Mode[] = [true, false].flatMap(isJson =>
	[false, true].map(isTerminal => ({isJson, isTerminal})),
);

for (const [name, tried] of Object.entries(commandCases)) {
	for (const [index, mode] of modes.entries()) {
		const title = `golem ${name}`.trim();
		const how = `${mode.isJson ? 'for scripts' : 'in words'} ${mode.isTerminal ? 'on' : 'off'} a terminal`;
		test.serial(`${title} ${how} says what it has done, and ends as it should`, async t => {
			t.timeout(guestMs);
			await tried.prepare?.(world, index);
			const words = [
				...name.split(' ').filter(Boolean),
				...(mode.isJson ? ['--json'] : []),
				...(tried.args?.(world, mode, index) ?? []),
			];
			const {exitCode, output, stderr} = mode.isTerminal
				? await onTerminal(words, mode, tried)
				: await offTerminal(words);
			const told = `golem ${words.join(' ')}: ${output}\n${stderr}`;
			const {exitCode: wanted = 0} = tried;
			t.is(exitCode, typeof wanted === 'function' ? wanted(mode) : wanted, told);
			if (mode.isJson) {
				await mustBeTheDocument(name, tried, mode, output);
			} else {
				const says = typeof tried.says === 'function' ? tried.says(mode) : tried.says;
				t.regex(output + stderr, says);
			}

			if (!mode.isTerminal) {
				t.is(stripVTControlCharacters(output), output, 'what goes into a pipe has no colours');
			}
		});
	}

	const {quiet} = tried;
	if (quiet) {
		test.serial(`golem ${name} --quiet says the ids and nothing else`, async t => {
			t.timeout(guestMs);
			const words = tried.args?.(world, {isJson: false, isTerminal: false}, modes.length) ?? [];
			const {exitCode, output, stderr} = await offTerminal([...name.split(' '), ...words, '--quiet']);
			t.is(exitCode, 0, stderr);
			t.regex(output, quiet);
		});
	}
}

async function offTerminal(words: readonly string[]) {
	const {exitCode, stdout, stderr} = await world.provider.golem(words, {
		environment: world.environment,
		timeoutMs: guestMs,
	});
	return {exitCode, output: stdout, stderr};
}

/** What a terminal shows to nobody; the exit status is in it. */
const endMark = '\u001B]7777;';

/** What is on the screen, or for a script all that came through. */
async function onTerminal(words: readonly string[], mode: Mode, {says, types}: CommandCase) {
	// What goes to stderr, such as progress, would be between the lines of a script's document. And a terminal whose last
	// program has ended may lose what that wrote: so one stays, until all of it has come.
	const script = `"$@" ${mode.isJson ? '2>/dev/null' : ''}; printf '\\033]7777;%s\\007' $?; read -r _`;
	const screen = openScreen(['sh', '-c', script, 'sh', process.execPath, golemProgram, ...words], {
		home: world.home,
		environment: world.environment,
		size: {columns: 120, rows: 50},
	});
	try {
		let seen: string | undefined;
		if (types !== undefined && !mode.isJson) {
			await screen.shows(typeof says === 'function' ? says(mode) : says, guestMs);
			seen = screen.text();
			screen.type(types);
		}

		const hasEnded = () => screen.raw().includes(endMark) && screen.raw().endsWith('\u0007');
		await eventually(`golem ${words.join(' ')} ends`, () => whenTrue(hasEnded()), guestMs);
		const [written = '', status = ''] = screen.raw().split(endMark);
		await new Promise<void>(resolve => screen.emulator.write('', resolve));
		const output = seen ?? (mode.isJson ? stripVTControlCharacters(written) : screen.text().trim());
		return {exitCode: Number.parseInt(status, 10), output, stderr: ''};
	} finally {
		screen.close();
	}
}

/** What the command writes is what `golem schema` says, and all of it is. */
async function mustBeTheDocument(
	name: string,
	{document: documentFor, isStream}: CommandCase,
	mode: Mode,
	output: string,
): Promise<void> {
	const written = isStream
		? output
				.trim()
				.split('\n')
				.map(line => JSON.parse(line))
		: [JSON.parse(output)];
	const [first] = (await commands[name]?.())?.default.documents ?? [];
	const document = documentFor ? documentFor(mode) : first;
	if (document === undefined) {
		return;
	}

	const schema = await schemaOf(document);
	for (const value of written) {
		schema.parse(value);
	}
}

function schemaOf(document: string): Promise<z.ZodType> {
	const known = schemas.get(document) ?? loadSchema(document);
	schemas.set(document, known);
	return known;
}

async function loadSchema(document: string): Promise<z.ZodType> {
	const {json} = await world.provider.golem(['schema', document, '--json']);
	return z.fromJSONSchema(json);
}
