import {buildFailed} from './errors.js';

/** Debian's names of the processor architectures an image can be built for: always the host's own. */
export type Architecture = 'amd64' | 'arm64';

/** The host's architecture as Debian calls it. */
export function hostArchitecture(): Architecture {
	if (process.arch === 'x64') return 'amd64';
	if (process.arch === 'arm64') return 'arm64';
	throw buildFailed(`No image can be built for the ${process.arch} architecture`);
}
