import {readFileIfThere} from '../../../source/platform/files.js';
import type {Network} from '../network.js';

const lines = 80;

/** The last lines of the provider's log. */
export async function readLogTail({provider}: Network): Promise<string[]> {
	const text = (await readFileIfThere(provider.paths.daemonLog('provider'))) ?? '';
	return text.trimEnd().split('\n').slice(-lines);
}
