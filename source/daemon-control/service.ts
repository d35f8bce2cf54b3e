import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {fileExists, isErrno, readFileIfThere} from '../platform/files.js';
import {GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {runProgram} from '../platform/process.js';
import {commandsNeighbour} from '../platform/program.js';
import {quoteForShell} from '../platform/shell.js';
import {homeLine, type ServiceScope, unitName, unitText} from './systemd-unit.js';

const timeoutMs = 100_000;
const systemFolder = '/etc/systemd/system';
const lingerFolder = '/var/lib/systemd/linger';

/** A daemon as a service of systemd, installed or not. */
export type Service = {
	name: DaemonName;
	scope: ServiceScope;
	unit: string;
	file: string;
	/** What the file should have in it. */
	content: string;
	home: string;
};

/** The program and the words that start this very `golem`. */
const golem = [process.execPath, ...process.execArgv, fileURLToPath(commandsNeighbour)];

export function serviceOf(name: DaemonName, paths: Paths): Service {
	const scope = process.getuid?.() === 0 ? 'system' : 'user';
	const unit = unitName(name);
	return {
		name,
		scope,
		unit,
		file: path.join(scope === 'system' ? systemFolder : userFolder(), unit),
		content: unitText({name, scope, paths, golem}),
		home: paths.home,
	};
}

/** The service of a daemon of that home, where it is installed. */
export async function findService(name: DaemonName, paths: Paths): Promise<Service | undefined> {
	const service = serviceOf(name, paths);
	const content = await readFileIfThere(service.file);
	return content?.split('\n').includes(homeLine(paths.home)) ? service : undefined;
}

/** Is its file as this very `golem` would write it? One of another version, or for another Node, is not. */
export async function isUpToDate({file, content}: Service): Promise<boolean> {
	return (await readFileIfThere(file)) === content;
}

/** Is it by that service that the process runs? */
export async function isRunBy({unit}: Service, pid: number): Promise<boolean> {
	const groups = await fs.readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
	return groups.split(/[/\n]/).includes(unit);
}

/** @throws NO_SYSTEMD where nobody could run a service */
export async function requireSystemd(service: Service): Promise<void> {
	try {
		await systemctl(service, ['show', '--property=Version']);
	} catch (error) {
		const isMissing = isErrno(error, 'ENOENT');
		const start = quoteForShell([...golem, service.name, '--detach']);
		throw new GolemError(
			'NO_SYSTEMD',
			isMissing
				? 'There is no systemd on this machine, so nothing can run a service.'
				: `systemd does not answer here: ${reasonOf(error).split('\n')[0]}`,
			{
				hint: `Start it by cron instead: run «crontab -e», and add\n  @reboot GOLEM_HOME=${quoteForShell([service.home])} ${start}`,
				cause: error,
			},
		);
	}
}

/** @throws SERVICE_FAILED with what systemd says */
export async function runService(
	service: Service,
	...words: [verb: string, ...flags: string[]]
): Promise<void> {
	const {scope, unit, name} = service;
	try {
		await systemctl(service, words[0] === 'daemon-reload' ? words : [...words, unit]);
	} catch (error) {
		throw new GolemError('SERVICE_FAILED', `systemctl ${words.join(' ')} ${unit}: ${reasonOf(error)}`, {
			hint: `See why with: golem ${name} logs — and: journalctl ${scope === 'user' ? '--user ' : ''}-u ${unit}`,
			cause: error,
		});
	}
}

export async function isEnabled(service: Service): Promise<boolean> {
	return systemctl(service, ['is-enabled', '--quiet', service.unit]).then(
		() => true,
		() => false,
	);
}

/** Is systemd about to start it, as after a failure it waits to do? */
export async function isPending(service: Service): Promise<boolean> {
	const state = await systemctl(service, ['show', '--property=ActiveState', '--value', service.unit]).catch(
		// Who cannot ask systemd has none.
		() => '',
	);
	return state.trim() === 'activating';
}

/** Does a service run this daemon, and is systemd about to start it again? */
export async function findPendingService(name: DaemonName, paths: Paths): Promise<Service | undefined> {
	const service = await findService(name, paths);
	return service && (await isPending(service)) ? service : undefined;
}

/** Does a person's systemd, and what it runs, go on without them? The machine's always does. */
export async function outlivesLogin({scope}: Service): Promise<boolean> {
	return scope === 'system' || fileExists(path.join(lingerFolder, userName()));
}

export function userName(): string {
	try {
		return os.userInfo().username;
	} catch {
		// Nobody has given this user a name.
		return String(process.getuid?.() ?? '');
	}
}

function systemctl({scope}: Service, words: readonly string[]): Promise<string> {
	return runProgram('systemctl', [...(scope === 'user' ? ['--user'] : []), ...words], {
		timeoutMs,
		environment: {...process.env, LC_ALL: 'C'},
	});
}

function userFolder(): string {
	const configured = process.env['XDG_CONFIG_HOME'];
	return path.join(configured || path.join(os.homedir(), '.config'), 'systemd', 'user');
}

function reasonOf(error: unknown): string {
	const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
	return said || (error instanceof Error ? error.message : String(error));
}
