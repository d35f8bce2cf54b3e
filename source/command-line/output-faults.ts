import {getSystemErrorMap} from 'node:util';
import {exitCodes, GolemError} from '../platform/golem-error.js';

/** What this program writes to, watched for not taking it any more. */
export type WatchedOutput = {
	/** The fault, once there is one. A reader who has what it wanted (`golem … | head -1`) is a fault with status 0. */
	fault(): GolemError | undefined;
};

/**
Watches stdout and stderr. What is told on stderr is told on the side: that nobody takes it changes nothing about the
command, nor about its exit status.
@param onFault called at the first fault of stdout: what is at work is to end, and cleans up as it would for Ctrl-C
*/
export function watchOutput(onFault: (fault: GolemError) => void): WatchedOutput {
	let fault: GolemError | undefined;
	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (!fault) {
			fault = describe(error);
			onFault(fault);
		}
	});
	process.stderr.on('error', () => {});
	return {fault: () => fault};
}

/** The exit status of a command whose output nobody took; one that had failed already has its own. */
export function exitCodeWith(fault: GolemError, exitCode: number): number {
	const isOwn = exitCode !== exitCodes.done && exitCode !== exitCodes.interrupted;
	return isOwn ? exitCode : fault.exitCode;
}

function describe({code, errno, message}: NodeJS.ErrnoException): GolemError {
	const [, reason] = (errno === undefined ? undefined : getSystemErrorMap().get(errno)) ?? [];
	return new GolemError('OUTPUT_LOST', `What is printed cannot be written: ${reason ?? message}.`, {
		exitCode: code === 'EPIPE' ? exitCodes.done : exitCodes.failed,
	});
}
