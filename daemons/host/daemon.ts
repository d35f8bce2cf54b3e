import type http from 'node:http';
import type {AddressInfo} from 'node:net';
import {sendReadySignal} from '../../source/platform/detached-process.js';
import {describeFileFault} from '../../source/platform/file-fault.js';
import {isErrno, readFileIfThere, writeFileAtomically} from '../../source/platform/files.js';
import {exitCodes, GolemError} from '../../source/platform/golem-error.js';
import {type Log, openLog} from '../../source/platform/log.js';
import {daemonLogFiles} from '../../source/platform/log-reader.js';
import {type DaemonName, defaultHome, golemPaths, type Paths} from '../../source/platform/paths.js';
import {acquireProcessLock} from '../../source/platform/process-lock.js';
import {version} from '../../source/platform/program.js';
import {describeSettings, describeSettingsFlag} from '../../source/platform/setting-descriptions.js';
import {
	readSettingSources,
	resolveSettings,
	type Setting,
	type SettingSources,
} from '../../source/platform/settings.js';
import {listenOnUnixSocket} from '../../source/platform/unix-socket.js';
import type {DaemonStatus} from '../../source/protocol/control.js';
import {commonStatus, controlRoutes, refuseBrowsers} from './control-api.js';
import {closeHttpServer, createHttpApi} from './http-server.js';
import {createLiveValue, type LiveValue} from './live-value.js';
import {createMetrics, type Metrics} from './metrics.js';
import {createPublicApi} from './public-api.js';
import type {RequestLimit, Route} from './router.js';

/** What a daemon is given to begin with. */
export type DaemonContext<Settings> = {
	settings: Settings;
	paths: Paths;
	log: Log;
	/** Aborted when the daemon is to end. */
	signal: AbortSignal;
	/** To be set at each change that the dashboard should hear of. */
	changes: LiveValue<unknown>;
	/** Takes the daemon's own figures, besides those that every daemon has. */
	metrics: Metrics;
};

/** What a daemon gives back once it has started. */
export type RunningDaemon = {
	publicRoutes: Route[];
	/** For each request to the public API, but to the routes that say otherwise. */
	limit?: RequestLimit;
	/** Whose X-Forwarded-For is believed on the public API. */
	trustedProxies?: readonly string[];
	controlRoutes?: Route[];
	/** Where the public API listens. */
	host: string;
	port: number;
	/** The daemon's own part of its status. */
	status(): {healthy: boolean; busy_with: string[]} & Record<string, unknown>;
	/** Called once both servers listen, with the port the system gave. */
	listening?(address: {host: string; port: number}): Promise<void> | void;
	/** Called after the servers have closed. */
	stop(): Promise<void>;
};

export type DaemonDefinition<Settings extends Record<string, Setting>> = {
	name: DaemonName;
	settings: Settings;
	start(
		context: DaemonContext<ReturnType<typeof resolveSettings<Settings>>['values']>,
	): Promise<RunningDaemon>;
};

/**
The life of a daemon's process: settings, lock, log, servers, ready signal, signals of the system, orderly end.
Asked for its settings alone, it prints them and that is all.
It never returns to its caller; the process ends with exit status 0 after a shutdown, or with the error's.
*/
export async function runDaemon<Settings extends Record<string, Setting>>(
	definition: DaemonDefinition<Settings>,
): Promise<void> {
	try {
		if (process.argv.includes(describeSettingsFlag)) {
			const sources = await settingSources(golemPaths(defaultHome()));
			process.stdout.write(JSON.stringify(describeSettings(definition.settings, sources)));
			return;
		}

		await live(definition);
		process.exit(exitCodes.done);
	} catch (error) {
		const {code, message, hint, exitCode} = describeStartFault(error);
		// Whoever is told of it may end this process at once, and look for the reason in what it has written.
		process.stderr.write(`${message}\n${hint ? `${hint}\n` : ''}`);
		sendReadySignal({
			type: 'failed',
			error: {code, message, exitCode, ...(hint === undefined ? {} : {hint})},
		});
		process.exitCode = exitCode;
		// Nothing may keep a daemon alive that has not started; the signal above has 1 s to get out.
		setTimeout(() => process.exit(), 1000).unref();
	}
}

async function live<Settings extends Record<string, Setting>>({
	name,
	settings: definitions,
	start,
}: DaemonDefinition<Settings>): Promise<void> {
	const paths = golemPaths(defaultHome());
	const socket = paths.daemonSocket(name);
	const {values: settings} = resolveSettings(definitions, await settingSources(paths));
	const lock = await acquireProcessLock(paths.daemonLock(name)).catch(async (error: unknown) => {
		throw error instanceof GolemError && error.code === 'ALREADY_RUNNING'
			? await alreadyRunning(name, paths)
			: error;
	});
	await writeFileAtomically(pidFile(name, paths), `${process.pid}\n`);
	const detached = process.send !== undefined;
	const log = openLog({
		name,
		file: paths.daemonLog(name),
		terminal: detached ? undefined : process.stderr,
	});
	const ending = new AbortController();
	const shutDown = (reason: string) => {
		if (!ending.signal.aborted) {
			log.info({reason}, 'shutting down');
			ending.abort(new Error(reason));
		}
	};
	for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
		process.on(signal, () => shutDown(signal));
	}

	process.on('unhandledRejection', error => {
		log.fatal({err: error}, 'a failure nobody took care of');
		process.exit(exitCodes.failed);
	});
	process.on('uncaughtException', error => {
		log.fatal({err: error}, 'a failure nobody took care of');
		process.exit(exitCodes.failed);
	});

	log.info({version, home: paths.home}, 'starting');
	const changes = createLiveValue<unknown>(undefined);
	const metrics = createMetrics();
	const daemon = await start({settings, paths, log, signal: ending.signal, changes, metrics});
	const startedAt = new Date();
	let listening = '';
	const status = (): DaemonStatus => ({...commonStatus(name, startedAt, listening), ...daemon.status()});
	const publicServer = createPublicApi({
		title: `golem ${name}`,
		routes: daemon.publicRoutes,
		limit: daemon.limit,
		trustedProxies: daemon.trustedProxies,
		log,
		metrics,
		signal: ending.signal,
	});
	const controlServer = createHttpApi({
		routes: [
			...controlRoutes({
				status,
				changes,
				logFiles: () => daemonLogFiles(name, paths),
				shutDown,
			}),
			...(daemon.controlRoutes ?? []),
		],
		log,
		guard: refuseBrowsers,
		signal: ending.signal,
	});

	try {
		const address = await listenOnTcp(publicServer, daemon.host, daemon.port, name);
		listening = `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
		await listenOnUnixSocket(controlServer, socket);
		await daemon.listening?.(address);
		log.info({listening, socket}, 'ready');
		sendReadySignal({type: 'ready', info: {listening, pid: process.pid}});
		await new Promise<void>(resolve => {
			ending.signal.addEventListener('abort', () => resolve(), {once: true});
			if (ending.signal.aborted) {
				resolve();
			}
		});
	} finally {
		ending.abort(new Error('ending'));
		await Promise.all([closeHttpServer(publicServer), closeHttpServer(controlServer)]);
		await daemon.stop();
		await lock.release();
	}

	log.info('ended');
}

/** Names the process that holds the lock: its socket may have been deleted, and then nothing else knows it. */
async function alreadyRunning(name: DaemonName, paths: Paths): Promise<GolemError> {
	const pid = (await readFileIfThere(pidFile(name, paths)))?.trim();
	return new GolemError('ALREADY_RUNNING', `A ${name} is already running for ${paths.home} (pid ${pid}).`, {
		exitCode: exitCodes.conflict,
		hint: `See it with: golem ${name} status — if that knows of none, its socket is gone; end it with: kill ${pid}`,
	});
}

function pidFile(name: DaemonName, paths: Paths): string {
	return `${paths.daemonLock(name)}.pid`;
}

async function settingSources(paths: Paths): Promise<SettingSources> {
	// Flags of the command come as one JSON object: `GOLEM_FLAGS` is between the CLI and the daemon it starts.
	const sources = await readSettingSources({
		cwd: process.env['GOLEM_WORKING_FOLDER'] ?? process.cwd(),
		config: paths.config,
	});
	const flags = process.env['GOLEM_FLAGS'];
	return flags ? {...sources, flags: JSON.parse(flags)} : sources;
}

async function listenOnTcp(server: http.Server, host: string, port: number, name: DaemonName) {
	await new Promise<void>((resolve, reject) => {
		server.once('error', error => {
			reject(
				isErrno(error, 'EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL')
					? new GolemError('PORT_TAKEN', `The ${name} cannot listen on ${host}:${port} (${error.message}).`, {
							exitCode: exitCodes.conflict,
							hint: 'Choose another with --port, or end what uses it.',
							cause: error,
						})
					: error,
			);
		});
		server.listen(port, host, resolve);
	});
	const address = server.address() as AddressInfo;
	return {host: address.address, port: address.port};
}

function describeStartFault(error: unknown): GolemError {
	return error instanceof GolemError
		? error
		: (describeFileFault(error) ??
				new GolemError(
					'START_FAILED',
					error instanceof Error ? (error.stack ?? error.message) : String(error),
				));
}
