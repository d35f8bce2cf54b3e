import {access, constants} from 'node:fs/promises';
import path from 'node:path';
import {ExecaError, execa} from 'execa';
import {buildAborted, buildFailed} from './errors.js';

/** A program of the host which building an image needs, and the Debian package that brings it. */
export type HostTool = {tool: string; debianPackage: string};

// Debian leaves the sbin folders, where mke2fs and debugfs are, out of an ordinary user's PATH.
const searchPath = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(':');

/** Whether `runTool` would find this program. */
export async function isInstalled(tool: string): Promise<boolean> {
	for (const folder of searchPath.split(':')) {
		try {
			await access(path.join(folder, tool), constants.X_OK);
			return true;
		} catch {
			// Not in this folder; the next one may have it.
		}
	}

	return false;
}

export type RunOptions = {
	signal?: AbortSignal | undefined;
	cwd?: string;
	input?: string;
};

/**
Runs a program of the host to its end and answers what it wrote on standard output. One that fails becomes a
`GolemError` with its last words; one that `signal` ended, the error of an aborted build.
*/
export async function runTool(
	tool: string,
	args: readonly string[],
	options: RunOptions = {},
): Promise<Buffer> {
	try {
		const {stdout} = await execa(tool, args, {
			...(options.cwd !== undefined && {cwd: options.cwd}),
			...(options.input !== undefined && {input: options.input}),
			...(options.signal && {cancelSignal: options.signal}),
			// Messages are read by `packages.ts`, so they have to be in one language.
			env: {PATH: searchPath, LC_ALL: 'C'},
			encoding: 'buffer',
			stripFinalNewline: false,
			maxBuffer: 256 * 1024 * 1024,
		});
		return Buffer.from(stdout);
	} catch (error) {
		if (options.signal?.aborted) throw buildAborted(error);
		throw buildFailed(`${tool} failed: ${lastWords(error)}`, {cause: error});
	}
}

function lastWords(error: unknown): string {
	if (!(error instanceof ExecaError)) return String(error);
	const words = Buffer.from((error.stderr as Uint8Array | undefined) ?? '')
		.toString()
		.trim();
	return words.split('\n').slice(-3).join('; ') || error.shortMessage;
}
