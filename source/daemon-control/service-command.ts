import fs from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {type Command, command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {fileExists, readFileIfThere, writeFileAtomically} from '../platform/files.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import type {DaemonName} from '../platform/paths.js';
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

	const running = await findDaemon(name, paths);
	if (!running) {
		await startService(service, 'start', context);
	}

	const isNew = known === undefined || !wasEnabled;
	const state = isNew ? 'installed' : known === content ? 'unchanged' : 'updated';
	result({unit, scope, file, state, started: !running}, () =>
		[`${unit} is ${state} (${file}).`, ...(running ? [] : [`The ${name} is running.`])].join(' '),
	);
	await tellMore(context, service, {runningPid: running?.pid, isUpdate: state === 'updated'});
	return exitCodes.done;
}

/** What stands between this and a daemon that runs whenever the machine does. */
async function tellMore(
	{paths, note, signal}: Context,
	service: Service,
	{runningPid, isUpdate}: {runningPid: number | undefined; isUpdate: boolean},
): Promise<void> {
	const {name, content} = service;
	if (runningPid !== undefined && !(await isRunBy(service, runningPid))) {
		note(
			`The ${name} that runs now (pid ${runningPid}) was started by hand. Hand it over with: golem ${name} restart`,
		);
	} else if (runningPid !== undefined && isUpdate) {
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

async function remove({result, paths}: Context, service: Service): Promise<number> {
	const {name, unit, scope, file} = service;
	const wasThere = await fileExists(file);
	// One that does not answer is ended with its service as any other.
	const running = await findDaemon(name, paths).catch(() => undefined);
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
