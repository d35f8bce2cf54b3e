import {execFile} from 'node:child_process';
import fs from 'node:fs/promises';
import {promisify} from 'node:util';
import {isErrno} from './files.js';
import {pollUntil} from './waiting.js';

/**
Is that process there and able to run? A zombie, which is dead and only not yet collected by its parent, is not.
@param mentions text its command line must have, so that another process that got the same number is not taken for it
*/
export async function isProcessAlive(pid: number, mentions?: string): Promise<boolean> {
	try {
		process.kill(pid, 0);
	} catch (error) {
		// Another user's; what it is, is told all the same.
		if (!isErrno(error, 'EPERM')) {
			return false;
		}
	}

	if (process.platform !== 'linux') {
		return true;
	}

	try {
		const [stat, commandLine] = await Promise.all([
			fs.readFile(`/proc/${pid}/stat`, 'utf8'),
			fs.readFile(`/proc/${pid}/cmdline`, 'utf8'),
		]);
		const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
		return state !== 'Z' && state !== 'X' && (mentions === undefined || commandLine.includes(mentions));
	} catch (error) {
		if (isErrno(error, 'ENOENT', 'ESRCH')) {
			return false;
		}

		throw error;
	}
}

/** Resolves to whether it is gone in that time. */
export async function waitUntilProcessGone(pid: number, timeoutMs: number): Promise<boolean> {
	const gone = await pollUntil(async () => ((await isProcessAlive(pid)) ? undefined : true), {
		timeoutMs,
		intervalMs: 20,
	});
	return gone ?? false;
}

const killTimeoutMs = 5000;

/** Ends a process at once and waits until it is gone. One that is gone already is fine. */
export async function killProcess(pid: number): Promise<void> {
	try {
		process.kill(pid, 'SIGKILL');
	} catch (error) {
		if (!isErrno(error, 'ESRCH')) {
			throw error;
		}
	}

	await waitUntilProcessGone(pid, killTimeoutMs);
}

/**
Every process whose command line names a file that begins with that path: as an argument, or in one behind `=`, `:` or `,`.
Only those that see the same files count, so none in a container of its own. Only Linux tells; elsewhere there seem to
be none.
@param hidesItself looks also for a program that goes into a mount namespace of its own, as passt does
*/
export async function findProcesses(
	pathStart: string,
	{hidesItself = false}: {hidesItself?: boolean} = {},
): Promise<Array<{pid: number; commandLine: string}>> {
	if (process.platform !== 'linux') {
		return [];
	}

	const ownFiles = await fs.readlink('/proc/self/ns/mnt');
	const pids = (await fs.readdir('/proc')).map(Number).filter(pid => pid > 0 && pid !== process.pid);
	const found = await Promise.all(
		pids.map(async pid => {
			// One that has ended since has no command line any more, and of another's files nothing may be told.
			const [commandLine, files] = await Promise.all([
				fs.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
				fs.readlink(`/proc/${pid}/ns/mnt`).catch(() => ownFiles),
			]);
			const isNamed = commandLine
				.split(pathStart)
				.slice(0, -1)
				.some(before => /(?:^|[\0=:,])$/.test(before));
			return isNamed && (hidesItself || files === ownFiles) ? [{pid, commandLine}] : [];
		}),
	);
	return found.flat();
}

/**
Where the system keeps its own programs. Those that guard something are looked for here and not on the user's PATH: that
may lack these folders, and `npx` puts programs of packages before them that happen to have the same names, such as an
`nft` that takes any rules and does nothing.
*/
export const systemFolders =
	'/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin';

export type RunProgramOptions = {
	timeoutMs: number;
	/** What it is told on its standard input; nothing where nothing is said. */
	input?: string;
	/** This program's own where nothing is said. */
	environment?: NodeJS.ProcessEnv;
};

/**
Runs a program to its end, without a shell. For daemons, which stay in memory: the library that does this for commands
costs seven megabytes a process.
@returns what it printed
@throws where it cannot be started, fails, or is not done in time; the error's `stderr` says why
*/
export async function runProgram(
	program: string,
	args: readonly string[],
	{timeoutMs, input = '', environment = process.env}: RunProgramOptions,
): Promise<string> {
	const running = promisify(execFile)(program, [...args], {
		timeout: timeoutMs,
		killSignal: 'SIGKILL',
		env: environment,
	});
	// One that does not read is known by how it ends.
	running.child.stdin?.on('error', () => {});
	running.child.stdin?.end(input);
	return (await running).stdout;
}

/** Runs a program of the system's, in English, whatever the user speaks. @throws as `runProgram` does */
export function runSystemProgram(
	program: string,
	args: readonly string[],
	options: Omit<RunProgramOptions, 'environment'>,
): Promise<string> {
	return runProgram(program, args, {...options, environment: {LC_ALL: 'C', PATH: systemFolders}});
}
