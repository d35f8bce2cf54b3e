import {exitCodes, GolemError} from '../../source/platform/golem-error.js';

/** The error of a build that could not be finished; `hint` says what the user can do about it. */
export function buildFailed(message: string, options: {hint?: string; cause?: unknown} = {}): GolemError {
	return new GolemError('IMAGE_BUILD_FAILED', message, options);
}

/** The error of a build that was told to stop. */
export function buildAborted(cause?: unknown): GolemError {
	return new GolemError('IMAGE_BUILD_ABORTED', 'Building the image was interrupted', {
		exitCode: exitCodes.interrupted,
		cause,
	});
}
