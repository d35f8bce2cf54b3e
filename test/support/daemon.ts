import type {ExecutionContext} from 'ava';
import {type ControlClient, createControlClient} from '../../source/client/control-client.js';
import {type DaemonName, golemPaths} from '../../source/platform/paths.js';
import {processEntry} from '../../source/platform/program.js';
import {type Child, startChild} from './child-process.js';
import {temporaryFolder} from './temporary-folder.js';
import {eventually} from './waiting.js';

export type DaemonOptions = {
	/** Its `GOLEM_HOME` and working folder; a new one where nothing is said. */
	home?: string;
	/** Settings; nothing of this process's environment gets through but what a program needs to run. */
	environment?: Record<string, string>;
};

export type TestDaemon = Child & {
	home: string;
	/** Its public API. */
	url: string;
	socket: string;
	control: ControlClient;
};

/** Starts a daemon's process without waiting for more than that, for starts that are to fail. */
export async function spawnDaemon(
	t: ExecutionContext,
	name: DaemonName,
	{home, environment = {}}: DaemonOptions = {},
): Promise<Child & {home: string}> {
	const folder = home ?? (await temporaryFolder(t));
	const child = startChild(t, processEntry(name), {
		cwd: folder,
		environment: {
			PATH: process.env['PATH'],
			HOME: folder,
			GOLEM_HOME: folder,
			...environment,
		},
	});
	return {...child, home: folder};
}

/** Starts a daemon on a free port of the loopback, and waits until its control socket says how it is. */
export async function startDaemon(
	t: ExecutionContext,
	name: 'discovery' | 'port-checker',
	options: DaemonOptions = {},
): Promise<TestDaemon> {
	const prefix = name === 'discovery' ? 'DISCOVERY' : 'PORT_CHECKER';
	const child = await spawnDaemon(t, name, {
		...options,
		environment: {[`${prefix}_HOST`]: '127.0.0.1', [`${prefix}_PORT`]: '0', ...options.environment},
	});
	const socket = golemPaths(child.home).daemonSocket(name);
	const control = createControlClient(name, socket);
	const {listening} = await eventually(
		`the ${name} answers on ${socket}`,
		async () => {
			if (child.hasEnded()) {
				throw new Error(`The ${name} ended while starting:\n${child.stderr()}`);
			}

			return control.status().catch(() => undefined);
		},
		20_000,
	);
	return {...child, url: listening, socket, control};
}
