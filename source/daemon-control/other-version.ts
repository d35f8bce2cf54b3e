import type {DaemonName} from '../platform/paths.js';
import {version} from '../platform/program.js';
import type {DaemonStatus} from '../protocol/control.js';

/** What brings a daemon to the version that is installed. */
function restartCommandLine(name: DaemonName): string {
	return `golem ${name} stop && golem ${name} --detach`;
}

/** Says that a daemon is of another version than this program, and what to do; nothing where it is of the same. */
export function describeOtherVersion(
	name: DaemonName,
	status: Pick<DaemonStatus, 'version'>,
): string | undefined {
	return status.version === version
		? undefined
		: `The ${name} is of version ${status.version}, and this is ${version}.\nRestart it with: ${restartCommandLine(name)}`;
}
