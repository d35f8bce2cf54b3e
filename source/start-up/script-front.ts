import {config} from 'zod';
import {splitCommandLine} from '../command-line/arguments.js';
import {commands, findCommand} from '../command-line/registry.js';

export {runCommandLine} from '../command-line/front.js';

// Most schemas are used once here, and a function made for each, which is faster from then on, takes longer than that.
config({jitless: true});

/** Could this command line draw, on a terminal? */
export async function canDraw(argv: readonly string[]): Promise<boolean> {
	// To know, its command is loaded, and with it perhaps chalk, which would not hear of NO_COLOR any more.
	if (process.env['NO_COLOR']) {
		return true;
	}

	const found = findCommand(splitCommandLine(argv).words);
	const definition = (await commands[found?.name ?? '']?.())?.default;
	return Boolean(definition?.isLive || definition?.draw);
}
