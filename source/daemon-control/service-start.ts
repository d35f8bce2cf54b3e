import {GolemError} from '../platform/golem-error.js';
import type {Paths} from '../platform/paths.js';
import {logSize, readLogSince} from './log-file.js';
import {isPending, runService, type Service} from './service.js';
import {secondsToNextStart} from './systemd-unit.js';

const lastLines = 20;

/**
Has systemd start a daemon. However often it is asked to: systemd counts the starts that somebody asks for among those
of a daemon that cannot live, and would stop it at the eleventh and leave it so.
@throws SERVICE_FAILED with what the daemon itself has written of it
*/
export async function startService(
	service: Service,
	verb: 'start' | 'restart',
	{paths, isJson}: {paths: Paths; isJson: boolean},
): Promise<void> {
	const logFile = paths.daemonLog(service.name);
	const logStart = await logSize(logFile);
	// It does not know the unit that is new to it, of which it has counted nothing.
	await runService(service, 'reset-failed').catch(() => {});
	try {
		await runService(service, verb);
	} catch (error) {
		const log = (await readLogSince(logFile, logStart)).slice(-lastLines);
		throw error instanceof GolemError && log.length > 0
			? await explained(error, service, {log, isJson})
			: error;
	}
}

async function explained(
	{code, message, exitCode, hint, cause}: GolemError,
	service: Service,
	{log, isJson}: {log: string[]; isJson: boolean},
): Promise<GolemError> {
	const {name} = service;
	// Its other lines say where to look for what is said here.
	const [said = ''] = message.split('\n');
	return new GolemError(
		code,
		isJson ? said : [said, 'The end of its log:', ...log.map(line => `  ${line}`)].join('\n'),
		{
			exitCode,
			details: {log},
			hint: (await isPending(service))
				? `systemd tries again every ${secondsToNextStart} s, for a while. Mend it meanwhile, or give it up with: golem ${name} stop`
				: hint,
			cause,
		},
	);
}
