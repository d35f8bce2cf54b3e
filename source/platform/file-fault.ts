import {GolemError} from './golem-error.js';

/** A file that cannot be used is the user's to mend, not ours; undefined for anything else. */
export function describeFileFault(error: unknown): GolemError | undefined {
	const reasons: Record<string, string> = {
		EACCES: 'permission denied',
		EPERM: 'not permitted',
		EROFS: 'the file system is read-only',
		ENOSPC: 'the disk is full',
		ENOTDIR: 'a part of the path is no folder',
		EISDIR: 'it is a folder',
		ENOENT: 'it is not there, and cannot be made there',
		EEXIST: 'something else is there by that name',
		ELOOP: 'its links go round in a circle',
		ESPIPE: 'it is a pipe, and no file',
		ENXIO: 'it is a socket, or a pipe that nobody reads',
		ENAMETOOLONG: 'its name is too long',
	};
	if (!(error instanceof Error && 'code' in error && 'path' in error)) {
		return undefined;
	}

	const reason = reasons[String(error.code)];
	return reason === undefined
		? undefined
		: new GolemError('FILE_UNUSABLE', `${error.path} cannot be used: ${reason}.`, {
				hint: 'Mend that, or set GOLEM_HOME to a folder of your own.',
				cause: error,
			});
}
