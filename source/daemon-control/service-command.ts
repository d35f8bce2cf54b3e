import fs from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {fileExists, readFileIfThere, writeFileAtomically} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName, Paths} from '../platform/paths.js';
import {daemonEnvironment, findDaemon} from './daemon-control.js';
import {askDaemonSettings} from './daemon-settings.js';
import {
	isEnabled,
	isRunBy,
	outlivesLogin,
	requireSystemd,
	runService,
	type Service,
	serviceOf,
	userName,
} from './service.js';
import {startService} from './service-start.js';
import {isSilence, lockHolder} from './silence.js';

/** `golem <daemon> install-service`. */
export function installServiceCommand(name: DaemonName): Command {
	return command({
		description: `Have systemd run the ${name}: from the start of the machine on`,
		args: z.tuple([]),
		options: z.object({
			dryRun: z.boolean().optional().describe('Print the unit, and change nothing'),
			uninstall: z.boolean().optional().describe('Stop the service and take it away again'),
		}),
		documents: ['service'],
		examples: [
			`golem ${name} install-service`,
			`golem ${name} install-service --dry-run`,
			`golem ${name} install-service --uninstall`,
		],
		async run(context, {options: {dryRun, uninstall}}) {
			if (dryRun && uninstall) {
				throw new GolemError('USAGE', '--dry-run and --uninstall do not go together.', {
					exitCode: exitCodes.usage,
					hint: 'Say one of them.',
				});
			}

			const service = serviceOf(name, context.paths);
			if (dryRun) {
				return print(context, service);
			}

			await requireSystemd(service);
			return uninstall ? remove(context, service) : install(context, service);
		},
	});
}

async function print({result, note}: Context, service: Service): Promise<number> {
	const {unit, scope, file, content} = service;
	const isChange = (await readFileIfThere(file)) !== content;
	result({unit, scope, file, content, state: isChange ? 'would change' : 'unchanged'}, () =>
		content.trimEnd(),
	);
	note(isChange ? `This would be written to ${file}` : `This is what ${file} has already.`);
	return exitCodes.done;
}

async function install(context: Context, service: Service): Promise<number> {
	const {result, paths} = context;
	const {name, unit, scope, file, content} = service;
	// Looked for before anything is written: where nobody can be asked, nothing is changed.
	const running = await findRunning(name, paths);
	const known = await readFileIfThere(file);
	if (known !== content) {
		await fs.mkdir(path.dirname(file), {recursive: true});
		await writeFileAtomically(file, content, {mode: 0o644});
		await runService(service, 'daemon-reload');
	}

	const wasEnabled = await isEnabled(service);
	if (!wasEnabled) {
		await runService(service, 'enable');
	}

	if (!running) {
		await startService(service, 'start', context);
	}

	const isNew = known === undefined || !wasEnabled;
	const state = isNew ? 'installed' : known === content ? 'unchanged' : 'updated';
	result({unit, scope, file, state, started: !running}, () =>
		[`${unit} is ${state} (${file}).`, ...(running ? [] : [`The ${name} is running.`])].join(' '),
	);
	await tellMore(context, service, {running, isUpdate: state === 'updated'});
	return exitCodes.done;
}

/** A daemon that runs; `fault` is why its status says nothing here. */
type Running = {pid: number; fault?: GolemError};

/**
One of another version, or that hangs, runs all the same: to start a second one beside it would only fail.
@throws where it cannot be told who answers
*/
async function findRunning(name: DaemonName, paths: Paths): Promise<Running | undefined> {
	try {
		return await findDaemon(name, paths);
	} catch (error) {
		const pid = await lockHolder(name, paths);
		if (pid === undefined || !(error instanceof GolemError)) {
			throw error;
		}

		return {pid, fault: error};
	}
}

/** What stands between this and a daemon that runs whenever the machine does. */
async function tellMore(
	{paths, note, signal}: Context,
	service: Service,
	{running, isUpdate}: {running: Running | undefined; isUpdate: boolean},
): Promise<void> {
	const {name, content} = service;
	if (running && !(await isRunBy(service, running.pid))) {
		note(describeHandOver(name, running));
	} else if (running?.fault) {
		note(`${running.fault.message}\nIt goes by the service after: golem ${name} restart`);
	} else if (running && isUpdate) {
		note(`What has changed counts from the next start on: golem ${name} restart`);
	}

	if (!(await outlivesLogin(service))) {
		const rest = name === 'provider' ? 'it and its VMs' : 'it';
		note(`When you log out, systemd ends ${rest}. To have that go on: loginctl enable-linger ${userName()}`);
	}

	if (content.includes('/_npx/')) {
		note(
			'This golem is in the cache of npx, which may be cleared; install it first: npm install --global golem',
		);
	}

	const settings = await askDaemonSettings(name, daemonEnvironment(paths, {}), signal);
	const unseen = settings.filter(({source}) => source === 'environment' || source === '.env');
	if (unseen.length > 0) {
		note(
			`The service does not see what is set in this shell or in .env: ${unseen.map(({name: variable}) => variable).join(', ')}.\nKeep it for the service with: golem config set NAME VALUE`,
		);
	}
}

/** Of one that was started by hand. One that hangs does not end because it is asked to. */
function describeHandOver(name: DaemonName, {pid, fault}: Running): string {
	const said = fault ? `${fault.message}\n` : '';
	const handOver = `golem ${name} restart`;
	return isSilence(fault)
		? `${said}It was started by hand, and the service waits for its end.\n${fault.hint}\nThe service starts it after that with: ${handOver}`
		: `${said}The ${name} that runs now (pid ${pid}) was started by hand. Hand it over with: ${handOver}`;
}

async function remove({result, paths}: Context, service: Service): Promise<number> {
	const {name, unit, scope, file} = service;
	const wasThere = await fileExists(file);
	// That one cannot be asked keeps nobody from taking its service away.
	const running = await findRunning(name, paths).catch(() => undefined);
	const goesOn = running && !(await isRunBy(service, running.pid)) ? running : undefined;
	if (wasThere) {
		await runService(service, 'disable', '--now');
		await fs.rm(file, {force: true});
		await runService(service, 'daemon-reload');
	}

	result({unit, scope, file, state: wasThere ? 'removed' : 'unchanged'}, () =>
		!wasThere
			? `${unit} was not installed.`
			: goesOn
				? `${unit} is removed. The ${name} (pid ${goesOn.pid}) was started by hand, and goes on.`
				: `${unit} is stopped and removed. Start the ${name} by hand with: golem ${name} --detach`,
	);
	return exitCodes.done;
}
