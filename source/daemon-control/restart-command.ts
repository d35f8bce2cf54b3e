import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import type {DaemonStatus} from '../protocol/control.js';
import {controlOf, daemonEnvironment, findDaemon} from './daemon-control.js';
import {askDaemonSettings} from './daemon-settings.js';
import {findService, isRunBy, isUpToDate, type Service} from './service.js';
import {startService} from './service-start.js';
import {lockHolder} from './silence.js';
import {describeStarted, startAndExplain} from './start-command.js';
import {readStart, type Start} from './start-flags.js';
import {stopAndTell} from './stop-command.js';

/** `golem <daemon> restart`: by its service where it has one, else in the background with the flags it had. */
export function restartCommand(name: DaemonName): Command {
	return command({
		description: `Stop the ${name} and start it anew: in the background, with the flags it had`,
		args: z.tuple([]),
		options: z.object({}),
		documents: ['daemon-restarted'],
		examples: [`golem ${name} restart`, `golem ${name} restart --json`],
		async run(context) {
			const {paths, result} = context;
			const running = await findRunning(name, paths);
			const service = await findService(name, paths);
			const restarted = service
				? await restartService(name, context, {running, service})
				: await restartProcess(name, context, running);
			result(
				{...restarted.status, was_running: restarted.wasRunning, service: service?.unit ?? null},
				() => describeStarted(name, restarted.status),
				() => [String(restarted.status.pid)],
			);
			return exitCodes.done;
		},
	});
}

/** A daemon that runs, by its pid where that can be told. */
type Running = {pid: number | undefined};

/** One of another version, or that hangs, runs all the same, though its status says nothing here. */
async function findRunning(name: DaemonName, paths: Paths): Promise<Running | undefined> {
	return findDaemon(name, paths).catch(async () => ({pid: await lockHolder(name, paths)}));
}

type Restarted = {status: DaemonStatus; wasRunning: boolean};

async function restartProcess(
	name: DaemonName,
	context: Context,
	running: Running | undefined,
): Promise<Restarted> {
	const {paths, note, signal} = context;
	const start = running?.pid === undefined ? undefined : await readStart(running.pid);
	if (running && !start) {
		note(`What the ${name} was started with cannot be seen here; it starts with the settings alone.`);
	}

	const environment = environmentOf(paths, start);
	await refuseBadStart(name, paths, environment, signal);
	const pid = await stopAndTell(name, context);
	const {status} = await startAndExplain(name, context, environment);
	return {status, wasRunning: pid !== undefined};
}

/** One that was started by hand is handed over to the service. One that hangs is ended by systemd, where that runs it. */
async function restartService(
	name: DaemonName,
	context: Context,
	{running, service}: {running: Running | undefined; service: Service},
): Promise<Restarted> {
	const {paths, note, signal} = context;
	await refuseBadStart(name, paths, serviceEnvironment(paths), signal);
	if (!(await isUpToDate(service))) {
		note(
			`${service.file} is not as this golem would write it. Have it written anew with: golem ${name} install-service`,
		);
	}

	if (running && !(running.pid !== undefined && (await isRunBy(service, running.pid)))) {
		await stopAndTell(name, context);
	}

	await startService(service, 'restart', context);
	const status = await controlOf(name, paths).status(signal);
	return {status, wasRunning: running !== undefined};
}

/** What a service is started in: it sees nothing of this shell, nor the `.env` of this folder. */
function serviceEnvironment(paths: Paths): NodeJS.ProcessEnv {
	const {PATH, HOME} = process.env;
	return {...daemonEnvironment(paths, {}, {PATH, HOME}), GOLEM_WORKING_FOLDER: paths.home};
}

function environmentOf(paths: Paths, start: Start | undefined): NodeJS.ProcessEnv {
	const environment = daemonEnvironment(paths, start?.flags ?? {});
	return start?.workingFolder ? {...environment, GOLEM_WORKING_FOLDER: start.workingFolder} : environment;
}

/** What would not start again is not stopped. */
async function refuseBadStart(
	name: DaemonName,
	paths: Paths,
	environment: NodeJS.ProcessEnv,
	signal: AbortSignal,
): Promise<void> {
	await refuseBadSettings(name, environment, signal);
	if (name === 'provider') {
		await refuseMissingImage(paths, signal);
	}
}

/** After an upgrade of golem the guest image may be one of before. */
async function refuseMissingImage({images: folder}: Paths, signal: AbortSignal): Promise<void> {
	const {listImages} = await import('../setup/image.js');
	const images = await listImages(folder, signal);
	if (!images.some(({installed}) => installed)) {
		throw new GolemError('IMAGE_MISSING', `There is no guest image of this version of golem in ${folder}.`, {
			hint: 'The provider was left as it is. Build an image first, with: golem setup',
		});
	}
}

async function refuseBadSettings(
	name: DaemonName,
	environment: NodeJS.ProcessEnv,
	signal: AbortSignal,
): Promise<void> {
	const settings = await askDaemonSettings(name, environment, signal);
	const faults = settings.flatMap(({name: variable, value, source, fault}) =>
		fault === null ? [] : [`${variable}=${String(value)} (from ${source}): ${fault}`],
	);
	if (faults.length > 0) {
		throw new GolemError('SETTINGS_INVALID', `Bad settings:\n  ${faults.join('\n  ')}`, {
			exitCode: exitCodes.usage,
			details: {faults},
			hint: `The ${name} was left as it is. Correct the values above.`,
		});
	}
}
