import type {ExecutionContext} from 'ava';
import {ordinaryUser, personWithSystemd} from '../source/commands/_systemctl.js';
import type {Statement} from './_blocks.js';
import {type Ending, openShell, type Reply, type Shell} from './_shell.js';
import type {World} from './_world.js';

/** What is expected of the shell blocks of a section, and the world that they are run in. */
export type Script = {
	/** The document and the section. */
	place: string;
	/** Every statement, in its order. */
	lines: readonly Line[];
	/** Another home than the world's, or other settings. */
	prepare?: (world: World) => Promise<Reader> | Reader;
	/** What readers put their own values for; each must be there. */
	placeholders?: (world: World, reader: Reader) => Promise<Record<string, string>> | Record<string, string>;
	after?: (
		t: ExecutionContext,
		world: World,
		reader: Reader,
		statements: readonly Statement[],
	) => Promise<unknown>;
};

/** Who enters the lines. */
export type Reader = {home: string; environment: Record<string, string>; cwd?: string};

export type Line = {
	/** The statement without its comments. */
	command: string;
	/** What it prints, at some time. */
	shows?: ReadonlyArray<string | RegExp>;
	/** What a person does while it runs. */
	replies?: readonly Reply[];
	/** 0 where nothing is said. */
	status?: number;
	check?: (t: ExecutionContext, world: World, output: string) => unknown;
} & (
	| {by?: 'the reader'}
	/** Somebody with no rights, and with a systemd that only writes down what it is told. */
	| {by: 'an ordinary user'}
	/** It would change the machine, or needs what a test has not; what comes nearest runs instead. */
	| {by: 'nobody'; because: string; instead: string}
);

/** Enters one statement after the other in a shell. */
export async function runScript(
	t: ExecutionContext,
	world: World,
	script: Script,
	statements: readonly Statement[],
): Promise<void> {
	const reader = (await script.prepare?.(world)) ?? world;
	const placeholders = (await script.placeholders?.(world, reader)) ?? {};
	const anyPlaceholder = new RegExp(Object.keys(placeholders).map(escaped).join('|') || '$^', 'g');
	for (const placeholder of Object.keys(placeholders)) {
		t.true(
			statements.some(({text}) => text.includes(placeholder)),
			`${placeholder} is in ${script.place}`,
		);
	}

	const ownShell = await openReadersShell(t, world, reader);
	for (const [index, {text}] of statements.entries()) {
		const line = script.lines[index];
		if (!line) {
			throw new Error(`Nothing is expected of ${text}`);
		}

		const entered = text.replaceAll(anyPlaceholder, found => placeholders[found] ?? found);
		if (line.by === 'nobody') {
			t.log(`Not run as it is, since ${line.because}: ${line.command}`);
			await expect(t, world, line, await ownShell.run(line.instead));
		} else {
			const shell = line.by === 'an ordinary user' ? await openOrdinaryShell(t, world) : ownShell;
			await expect(t, world, line, await shell.run(entered, line.replies));
		}
	}

	await script.after?.(t, world, reader, statements);
}

async function expect(
	t: ExecutionContext,
	world: World,
	{command, status = 0, shows = [], check}: Line,
	ending: Ending,
): Promise<void> {
	t.is(ending.status, status, `${command}\n${ending.output}`);
	for (const text of shows) {
		const isShown = typeof text === 'string' ? ending.output.includes(text) : text.test(ending.output);
		t.true(isShown, `${command} shows ${text}:\n${ending.output}`);
	}

	await check?.(t, world, ending.output);
}

function openReadersShell(
	t: ExecutionContext,
	{programs}: World,
	{home, environment, cwd = home}: Reader,
): Promise<Shell> {
	const PATH = `${programs.folder}:${process.env['PATH']}`;
	const npm = {
		npm_config_update_notifier: 'false',
		// In a home that it does not know, npx has a checkout built anew, which other tests are running.
		npm_config_ignore_scripts: 'true',
	};
	return openShell(t, {home, cwd, environment: {...npm, ...environment, PATH}});
}

async function openOrdinaryShell(t: ExecutionContext, {programs}: World): Promise<Shell> {
	const {home, options} = await personWithSystemd(t);
	const environment = {...options.environment, PATH: `${programs.folder}:${options.environment.PATH}`};
	return openShell(t, {home, cwd: home, environment, userId: ordinaryUser});
}

/** As a part of a regular expression that means these characters. */
const escaped = (text: string) => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
