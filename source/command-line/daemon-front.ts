import type {DaemonName} from '../platform/paths.js';
import {runCommandLine} from './front.js';

/** `golem-provider start …` and its like: the same as `golem provider …`. */
export async function runDaemonCommandLine(daemon: DaemonName, argv: readonly string[]): Promise<number> {
	const [verb, ...rest] = argv;
	return runCommandLine([daemon, ...(verb === 'start' ? rest : argv)]);
}
