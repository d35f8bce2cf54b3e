import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {ExecutionContext} from 'ava';
import {eventually, whenTrue} from './waiting.js';

/** How TypeScript runs in a child, wherever its working folder is. */
export const typescriptArguments = [`--import=${import.meta.resolve('tsx')}`];

export type ChildEnd = {code: number | null; signal: NodeJS.Signals | null};

export type Child = {
	process: ChildProcess;
	pid: number;
	/** What it has printed so far. */
	stdout(): string;
	stderr(): string;
	ended: Promise<ChildEnd>;
	hasEnded(): boolean;
	/** Waits until it has printed that text. */
	printed(text: string): Promise<void>;
	/** As the system does when there is no memory left: at once, with no chance to tidy up. */
	kill(): Promise<void>;
};

export type ChildOptions = {
	args?: readonly string[];
	environment?: NodeJS.ProcessEnv;
	cwd?: string;
};

/** Starts a TypeScript file as a process; the end of the test ends it. */
export function startChild(t: ExecutionContext, file: string, options: ChildOptions = {}): Child {
	const child = spawn(process.execPath, [...typescriptArguments, file, ...(options.args ?? [])], {
		stdio: ['ignore', 'pipe', 'pipe'],
		cwd: options.cwd,
		env: options.environment ?? process.env,
	});
	const printed = {stdout: '', stderr: ''};
	for (const name of ['stdout', 'stderr'] as const) {
		child[name].setEncoding('utf8').on('data', (text: string) => {
			printed[name] += text;
		});
	}

	let end: ChildEnd | undefined;
	const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
		end = {code: code as number | null, signal: signal as NodeJS.Signals | null};
		return end;
	});
	const kill = async () => {
		child.kill('SIGKILL');
		await ended;
	};
	t.teardown(kill);
	return {
		process: child,
		pid: child.pid ?? 0,
		stdout: () => printed.stdout,
		stderr: () => printed.stderr,
		ended,
		hasEnded: () => end !== undefined,
		async printed(text) {
			await eventually(`${file} prints ${text}`, () => {
				if (end && !printed.stdout.includes(text)) {
					throw new Error(`It ended before it printed ${text}:\n${printed.stderr}`);
				}

				return whenTrue(printed.stdout.includes(text));
			});
		},
		kill,
	};
}

/** A program of `test/support/processes`. */
export function supportProcess(name: string): string {
	return fileURLToPath(new URL(`processes/${name}.ts`, import.meta.url));
}
