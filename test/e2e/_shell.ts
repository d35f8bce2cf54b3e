import fs from 'node:fs/promises';
import path from 'node:path';
import headless from '@xterm/headless';
import {spawn} from 'node-pty';
import {fetchPackages} from '../../daemons/images/apt.js';
import {golemEnvironment, golemProgram} from '../support/golem.js';
import {eventually, whenTrue} from '../support/waiting.js';

/** A shell in a terminal, with `golem` on its PATH. */
export type Shell = {
	type(text: string): void;
	/** Waits until the screen shows that. */
	shows(what: string | RegExp): Promise<void>;
	close(): void;
};

/** Programs of shells that this machine may not have: unpacked below the folder, installed nowhere. */
export async function fetchShells(folder: string) {
	const alone = ['zsh', 'fish', 'fish-common', 'libpcre2-32-0'];
	const tree = await fetchPackages({withLibraries: ['zsh-common'], alone}, folder, undefined);
	const find = async (pattern: RegExp) =>
		(await fs.readdir(tree, {recursive: true}))
			.filter(file => pattern.test(file))
			.map(file => path.join(tree, file));
	const [[zsh = ''], [fish = ''], [modules = ''], functions, [libraries = '']] = await Promise.all([
		find(/(?:^|\/)bin\/zsh$/),
		find(/(?:^|\/)bin\/fish$/),
		find(/lib\/.*\/zsh\/[\d.]+$/),
		find(/share\/zsh\/functions(?:\/[^/.]+)*$/),
		find(/lib\/[^/]+-linux-gnu$/),
	]);
	return {zsh, fish, modules, functions, libraries};
}

/** What a shell of that home sees of the world. */
export async function shellEnvironment(
	home: string,
	environment: Record<string, string>,
): Promise<Record<string, string>> {
	const programs = path.join(home, 'bin');
	await fs.mkdir(programs, {recursive: true});
	await fs.symlink(golemProgram, path.join(programs, 'golem'));
	const inherited = golemEnvironment({
		home,
		environment: {TERM: 'xterm-256color', LANG: 'C.UTF-8'},
	});
	return {
		...inherited,
		...environment,
		PATH: `${programs}:${path.dirname(process.execPath)}:${inherited['PATH']}`,
	};
}

/** Starts a shell in a terminal. */
export function openShell(
	program: string,
	args: string[],
	cwd: string,
	environment: Record<string, string>,
): Shell {
	const emulator = new headless.Terminal({cols: 120, rows: 40, allowProposedApi: true});
	const shell = spawn(program, args, {cols: 120, rows: 40, cwd, env: environment});
	let hasEnded = false;
	shell.onData(data => emulator.write(data));
	shell.onExit(() => {
		hasEnded = true;
	});
	const screen = () =>
		Array.from({length: 40}, (_, index) =>
			(
				emulator.buffer.active.getLine(emulator.buffer.active.baseY + index)?.translateToString(true) ?? ''
			).trimEnd(),
		).join('\n');
	return {
		type: text => shell.write(text),
		async shows(what) {
			const isShown = () => (typeof what === 'string' ? screen().includes(what) : what.test(screen()));
			await eventually(`the shell shows ${what}`, () => whenTrue(isShown()), 30_000).catch(
				(error: unknown) => {
					throw new Error(`${error instanceof Error ? error.message : error}\n${screen().trimEnd()}`);
				},
			);
		},
		close() {
			if (!hasEnded) {
				shell.kill('SIGKILL');
			}
		},
	};
}
