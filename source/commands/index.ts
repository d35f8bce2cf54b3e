import * as z from 'zod';
import {command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {hasScreenReader, isDumb} from '../terminal/capabilities.js';

const definition = command({
	description: 'The dashboard: providers, VMs, ports and daemons at a glance, and everything a key away',
	args: z.tuple([]),
	options: z.object({}),
	examples: ['golem', 'golem --json'],
	async run(context) {
		if (!context.isJson && !isPlainTerminal()) {
			throw new GolemError('NO_TERMINAL', 'The dashboard needs a terminal to draw on, and this is none.', {
				exitCode: exitCodes.usage,
				hint: 'For scripts there is: golem --json — and all commands are told by: golem --help',
			});
		}

		return printPicture(context);
	},
	async draw(context) {
		if (isPlainTerminal()) {
			return printPicture(context);
		}

		const {runDashboard} = await import('../dashboard/dashboard.js');
		return runDashboard(context);
	},
});

async function printPicture({paths, sources, result, signal}: Context): Promise<number> {
	const {takePicture, toSnapshot, toText} = await import('../dashboard/snapshot.js');
	const picture = await takePicture(paths, sources, signal);
	result(toSnapshot(picture), () => toText(picture));
	return exitCodes.done;
}

/** A terminal for lines one after the other: one that cannot be drawn on, or that is listened to. */
function isPlainTerminal(): boolean {
	return Boolean(process.stdout.isTTY) && (isDumb(process.env) || hasScreenReader(process.env));
}

export const {description, args, options} = definition;
export default definition;
