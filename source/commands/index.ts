import * as z from 'zod';
import {command} from '../command-line/command.js';
import type {Context} from '../command-line/context.js';
import {lookForReader} from '../command-line/reader.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {hasScreenReader, isDumb} from '../terminal/capabilities.js';

const definition = command({
	description: 'The dashboard: providers, VMs, ports and daemons at a glance, and everything a key away',
	args: z.tuple([]),
	options: z.object({
		watch: z
			.boolean()
			.optional()
			.describe('With --json: all of it again at each change, one document a line'),
	}),
	documents: ['snapshot'],
	examples: ['golem', 'golem --json', 'golem --json --watch'],
	async run(context, {options: {watch}}) {
		if (watch) {
			return watchPicture(context);
		}

		if (!context.isJson && !isPlainTerminal()) {
			throw new GolemError('NO_TERMINAL', 'The dashboard needs a terminal to draw on, and this is none.', {
				exitCode: exitCodes.usage,
				hint: 'For scripts there is: golem --json — and all commands are told by: golem --help',
			});
		}

		return printPicture(context);
	},
	async draw(context, {options: {watch}}) {
		if (watch) {
			return watchPicture(context);
		}

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

async function watchPicture({isJson, paths, sources, line, signal}: Context): Promise<number> {
	if (!isJson) {
		throw new GolemError('USAGE', '--watch writes JSON, and --json was not given.', {
			exitCode: exitCodes.usage,
			hint: 'Say: golem --json --watch — for people there is the dashboard: golem',
		});
	}

	const {watchSnapshots} = await import('../dashboard/snapshot.js');
	const stopLooking = lookForReader();
	try {
		for await (const snapshot of watchSnapshots(paths, sources, signal)) {
			line(JSON.stringify(snapshot));
		}
	} catch (error) {
		// Being told to end is how this one ends; an error would be one more line for its reader.
		if (!signal.aborted) {
			throw error;
		}
	} finally {
		stopLooking();
	}

	return exitCodes.interrupted;
}

/** A terminal for lines one after the other: one that cannot be drawn on, or that is listened to. */
function isPlainTerminal(): boolean {
	return Boolean(process.stdout.isTTY) && (isDumb(process.env) || hasScreenReader(process.env));
}

export const {description, args, options} = definition;
export default definition;
