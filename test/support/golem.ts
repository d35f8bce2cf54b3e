import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {eventually, whenTrue} from './waiting.js';

/** The program as it is installed: compiled, by its own entry. */
export const golemProgram = fileURLToPath(new URL('../../dist/source/cli.cjs', import.meta.url));

export type GolemOptions = {
	/** `GOLEM_HOME`. Nothing of this process's environment gets through but the PATH. */
	home: string;
	environment?: Record<string, string> | undefined;
	cwd?: string | undefined;
	/** Runs it as that user, where this process may. */
	userId?: number | undefined;
	timeoutMs?: number | undefined;
	input?: string | undefined;
};

export type Finished = {
	exitCode: number;
	stdout: string;
	stderr: string;
	/** The one JSON document on stdout; undefined where that is not what is there. */
	// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the document has, and fails where it has not
	json: any;
};

export type RunningGolem = {
	pid: number;
	stdout(): string;
	stderr(): string;
	/** Waits until it has printed that on stdout or stderr. */
	printed(text: string, timeoutMs?: number): Promise<void>;
	signal(name: NodeJS.Signals): void;
	ended: Promise<Finished>;
};

const defaultTimeoutMs = 60_000;

/** The whole environment of a `golem` that belongs to that home. */
export function golemEnvironment({
	home,
	environment = {},
}: Pick<GolemOptions, 'home' | 'environment'>): Record<string, string> {
	return {PATH: process.env['PATH'] ?? '', HOME: home, GOLEM_HOME: home, ...environment};
}

/** Runs `golem` to its end. One that does not end in time is killed, and fails the test by its exit status. */
export async function runGolem(args: readonly string[], options: GolemOptions): Promise<Finished> {
	return startGolem(args, options).ended;
}

/** Starts `golem`, for tests that do something while it runs. */
export function startGolem(args: readonly string[], options: GolemOptions): RunningGolem {
	const {home, cwd = home, userId, timeoutMs = defaultTimeoutMs, input} = options;
	const child = execa(process.execPath, [golemProgram, ...args], {
		reject: false,
		extendEnv: false,
		env: golemEnvironment(options),
		cwd,
		timeout: timeoutMs,
		stripFinalNewline: false,
		...(input === undefined ? {stdin: 'ignore' as const} : {input}),
		...(userId === undefined ? {} : {uid: userId, gid: userId}),
	});
	const printed = {stdout: '', stderr: ''};
	for (const name of ['stdout', 'stderr'] as const) {
		child[name].setEncoding('utf8').on('data', (text: string) => {
			printed[name] += text;
		});
	}

	let hasEnded = false;
	const ended = child.then(({exitCode, stdout, stderr}) => {
		hasEnded = true;
		return {exitCode: exitCode ?? -1, stdout, stderr, json: parseJson(stdout)};
	});
	return {
		pid: child.pid ?? 0,
		stdout: () => printed.stdout,
		stderr: () => printed.stderr,
		async printed(text, waitMs = 30_000) {
			await eventually(
				`golem ${args.join(' ')} prints «${text}»`,
				() => {
					const isThere = printed.stdout.includes(text) || printed.stderr.includes(text);
					if (hasEnded && !isThere) {
						throw new Error(`It ended before it printed «${text}»:\n${printed.stdout}\n${printed.stderr}`);
					}

					return whenTrue(isThere);
				},
				waitMs,
			);
		},
		signal: name => {
			child.kill(name);
		},
		ended,
	};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
