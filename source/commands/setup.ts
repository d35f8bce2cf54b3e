import {execa} from 'execa';
import * as z from 'zod';
import {command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {quoteForShell} from '../platform/shell.js';
import {buildImage, findImage} from '../setup/image.js';
import {
	findPackageManager,
	type InstallCommand,
	installCommand,
	isInstalled,
	type PackageManager,
	type Requirement,
	requirements,
	updateCommands,
	uplinkRequirements,
} from '../setup/requirements.js';

/** The image every provider has. */
const imageName = 'micro';
const installTimeoutMs = 15 * 60_000;

const definition = command({
	description: 'Get this machine ready to host VMs: installs what is missing and builds the guest image',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['setup'],
	examples: ['golem setup', 'golem setup --yes'],
	isLive: true,
	async run(context) {
		const {paths, result, progress, choose, mayAsk, note, signal} = context;
		progress({step: 'look', message: 'Looking at what is there'});
		const [found, image] = await Promise.all([
			Promise.all(allRequirements().map(async need => ({...need, isThere: await isInstalled(need.program)}))),
			findImage(imageName, paths.images),
		]);
		const missing = found.filter(({isThere}) => !isThere);
		const installs = missing.length > 0 ? await planInstallation(missing) : [];
		const plan = [
			...missing.map(({program, purpose}) => `install ${program} (${purpose})`),
			...(image === undefined ? [`build the guest image ${imageName}`] : []),
		];
		if (plan.length > 0) {
			note(`To do:\n${plan.map(step => `  - ${step}`).join('\n')}`);
			if (
				mayAsk &&
				(await choose('Shall I?', [
					{value: 'yes', label: 'Yes'},
					{value: 'no', label: 'No'},
				])) !== 'yes'
			) {
				note('Nothing was changed.');
				return exitCodes.failed;
			}
		}

		for (const step of installs) {
			await install(context, step);
		}

		if (image === undefined) {
			await buildImage(imageName, paths.images, {
				onProgress: ({message, fraction}) =>
					progress({
						step: 'image',
						message: `Building the image ${imageName}: ${message} (${Math.round(fraction * 100)} %)`,
					}),
				signal,
			});
		}

		const programs = await Promise.all(
			found.map(async ({program, isThere}) => ({
				program,
				state: isThere ? 'present' : (await isInstalled(program)) ? 'installed' : 'not available',
			})),
		);
		result(
			{
				ready: true,
				changed: plan.length > 0,
				programs,
				images: [{name: imageName, state: image === undefined ? 'built' : 'present'}],
			},
			() =>
				plan.length === 0
					? 'Everything is there; this machine can host VMs.'
					: 'This machine can host VMs now. Try: golem demo',
		);
		return exitCodes.done;
	},
});

function allRequirements(): readonly Requirement[] {
	return process.platform === 'linux' && isRoot() ? [...requirements, ...uplinkRequirements] : requirements;
}

/** @throws NOT_ALLOWED with the exact commands where this user may not install */
async function planInstallation(missing: readonly Requirement[]): Promise<InstallCommand[]> {
	const manager = await findPackageManager();
	const needed = packagesFor(
		missing.filter(({isOptional}) => !isOptional),
		manager,
	);
	const optional = packagesFor(
		missing.filter(({isOptional}) => isOptional),
		manager,
	);
	if (!manager || needed.length + optional.length === 0) {
		throw new GolemError('SETUP_IMPOSSIBLE', `Missing: ${missing.map(({program}) => program).join(', ')}.`, {
			hint: 'This system has no package manager that golem knows; install them by hand.',
		});
	}

	const commands = [
		...updateCommands(manager),
		...(needed.length > 0 ? [installCommand(manager, needed, {mayFail: false})] : []),
		// Each by itself: one that a release does not have must not keep the other away.
		...optional.map(name => installCommand(manager, [name], {mayFail: true})),
	];
	if (manager !== 'brew' && !isRoot()) {
		const text = commands.map(({words}) => `sudo ${quoteForShell(words)}`).join(' && ');
		throw new GolemError('NOT_ALLOWED', 'Installing packages needs the rights of root.', {
			exitCode: exitCodes.notAllowed,
			hint: `Run this, and then golem setup again:\n  ${text}`,
		});
	}

	return commands;
}

function packagesFor(missing: readonly Requirement[], manager: PackageManager | undefined): string[] {
	const packages = missing.map(({packages: names}) => manager && names[manager]);
	return [...new Set(packages)].filter(name => name !== undefined);
}

function isRoot(): boolean {
	return process.getuid?.() === 0;
}

async function install(
	{progress, note, signal}: Context,
	{words, message, mayFail}: InstallCommand,
): Promise<void> {
	const [program = '', ...args] = words;
	progress({step: message, message});
	const {failed, all} = await execa(program, args, {
		reject: false,
		all: true,
		stdin: 'ignore',
		timeout: installTimeoutMs,
		cancelSignal: signal,
		env: {DEBIAN_FRONTEND: 'noninteractive'},
	});
	signal.throwIfAborted();
	if (failed && mayFail) {
		note(`«${message}» did not work; going on without it.`);
	} else if (failed) {
		throw new GolemError(
			'INSTALL_FAILED',
			`${quoteForShell(words)} failed:\n${all?.split('\n').slice(-15).join('\n')}`,
			{
				hint: 'Run it by hand to see more.',
			},
		);
	}
}

export const {description, args, options} = definition;
export default definition;
