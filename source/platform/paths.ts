import os from 'node:os';
import path from 'node:path';
import {GolemError} from './golem-error.js';

/** The three services a person can start on this machine. */
export const daemonNames = ['discovery', 'port-checker', 'provider'] as const;
export type DaemonName = (typeof daemonNames)[number];

/** Where everything this program keeps on disk lives. Computed, never created here. */
export type Paths = ReturnType<typeof golemPaths>;

/**
The longest path a unix socket can have. Linux allows 108 bytes, macOS 104, each with a closing zero; Node 20 silently
cuts what is longer, so that a daemon would listen somewhere else than its clients look.
*/
const maximumSocketPathBytes = 103;

/** @param home absolute path of the folder named by `GOLEM_HOME` */
export function golemPaths(home: string) {
	const run = path.join(home, 'run');
	return {
		home,
		/** Sockets and locks: what is only true while a process runs. */
		run,
		config: path.join(home, 'config.json'),
		identity: path.join(home, 'identity', 'key'),
		images: path.join(home, 'images'),
		ssh: path.join(home, 'ssh'),
		rentals: path.join(home, 'vms.db'),
		daemonFolder: (daemon: DaemonName) => path.join(home, daemon),
		daemonLog: (daemon: DaemonName) => path.join(home, 'logs', `${daemon}.log`),
		daemonLock: (daemon: DaemonName) => path.join(run, `${daemon}.lock`),
		daemonSocket: (daemon: DaemonName) => socketPath(path.join(run, `${daemon}.sock`)),
		providerVms: path.join(home, 'provider', 'vms'),
	};
}

/** What an exe-unit writes down, in the folder of its VM. */
export const exeUnitLogFile = 'exe-unit.log';

/** The folder to use when nothing else was said: `GOLEM_HOME`, else `~/.golem`. */
export function defaultHome(environment: NodeJS.ProcessEnv = process.env): string {
	const fromEnvironment = environment['GOLEM_HOME'];
	return fromEnvironment ? path.resolve(fromEnvironment) : path.join(os.homedir(), '.golem');
}

/** Refuses a path no unix socket can have, by name, instead of letting the system cut it. */
export function socketPath(candidate: string): string {
	const bytes = Buffer.byteLength(candidate);
	if (bytes > maximumSocketPathBytes) {
		throw new GolemError(
			'SOCKET_PATH_TOO_LONG',
			`The socket path ${candidate} has ${bytes} bytes; a unix socket can have ${maximumSocketPathBytes}.`,
			{hint: 'Set GOLEM_HOME to a shorter folder, for example GOLEM_HOME=/tmp/golem.'},
		);
	}

	return candidate;
}
