import {spawn} from 'node:child_process';
import {once} from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import {ensurePrivateFolder, openToAppend} from './files.js';
import {exitCodes, GolemError} from './golem-error.js';

/** How a daemon tells that it could not start, and why. */
export const startFaultSchema = z.object({
	type: z.literal('failed'),
	error: z.object({
		code: z.string(),
		message: z.string(),
		hint: z.string().optional(),
		exitCode: z.enum(exitCodes).optional(),
	}),
});

/** What a detached process says once to whoever started it. */
const readySignalSchema = z.discriminatedUnion('type', [
	z.object({type: z.literal('ready'), info: z.record(z.string(), z.unknown())}),
	startFaultSchema,
]);
export type ReadySignal = z.infer<typeof readySignalSchema>;

export type DetachedProcessOptions = {
	/** The JavaScript file to run. */
	entry: string;
	args: readonly string[];
	environment?: NodeJS.ProcessEnv | undefined;
	/** Takes what the process prints outside of its own log, such as the trace of a crash. */
	outputFile: string;
	readyTimeoutMs: number;
	signal?: AbortSignal | undefined;
};

const lastWordMs = 1000;

/**
Starts a process of its own session that goes on when this one ends, and waits until it says that it is ready.
@returns its pid and what it said of itself
@throws START_FAILED with the reason it gave or the last lines it printed; START_TIMED_OUT, and then it has been killed
*/
export async function startDetachedProcess(
	options: DetachedProcessOptions,
): Promise<{pid: number; info: Record<string, unknown>}> {
	await ensurePrivateFolder(path.dirname(options.outputFile));
	const output = await openToAppend(options.outputFile);
	const {size: outputStart} = await output.stat();
	const child = spawn(process.execPath, [...process.execArgv, options.entry, ...options.args], {
		detached: true,
		stdio: ['ignore', output.fd, output.fd, 'ipc'],
		env: options.environment ?? process.env,
		cwd: '/',
	});
	await output.close();

	try {
		const signal = await waitForReadySignal(child, options);
		if (signal.type === 'failed') {
			const {code, message, hint, exitCode} = signal.error;
			throw new GolemError(code, message, {hint, exitCode});
		}

		if (child.pid === undefined) {
			throw new GolemError('START_FAILED', `${options.entry} has no process id.`);
		}

		return {pid: child.pid, info: signal.info};
	} catch (error) {
		await endChild(child);
		if (error instanceof GolemError && error.code === 'START_FAILED') {
			const printed = (await fs.readFile(options.outputFile)).subarray(outputStart).toString('utf8');
			const lastLines = printed.trimEnd().split('\n').slice(-20).join('\n');
			throw new GolemError(error.code, lastLines ? `${error.message}\n${lastLines}` : error.message, {
				hint: error.hint,
				cause: error,
			});
		}

		throw error;
	} finally {
		if (child.connected) {
			child.disconnect();
		}

		child.unref();
	}
}

/** Tells the starter of this process, if it has one that waits, how the start went. Only the first word counts. */
export function sendReadySignal(signal: ReadySignal): void {
	if (!process.send || !process.connected) {
		return;
	}

	process.send(signal, () => {
		if (process.connected) {
			process.disconnect();
		}
	});
}

/** Ends a process of ours and waits until the system has it no more. */
async function endChild(child: ReturnType<typeof spawn>): Promise<void> {
	const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
	if (!isOver) {
		const exited = once(child, 'exit');
		child.kill('SIGKILL');
		await exited;
	}
}

function waitForReadySignal(
	child: ReturnType<typeof spawn>,
	{entry, readyTimeoutMs, signal}: DetachedProcessOptions,
): Promise<ReadySignal> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			reject(
				new GolemError('START_TIMED_OUT', `${path.basename(path.dirname(entry))} was not ready in time.`, {
					hint: `It was given ${readyTimeoutMs / 1000} s.`,
				}),
			);
		}, readyTimeoutMs);
		const settle = (action: () => void) => {
			clearTimeout(timer);
			signal?.removeEventListener('abort', onAbort);
			action();
		};
		const onAbort = () => settle(() => reject(signal?.reason));
		signal?.addEventListener('abort', onAbort, {once: true});
		if (signal?.aborted) {
			onAbort();
		}

		child.once('message', message => {
			const parsed = readySignalSchema.safeParse(message);
			settle(() => {
				if (parsed.success) {
					resolve(parsed.data);
				} else {
					reject(new GolemError('START_FAILED', `${entry} did not say how its start went.`));
				}
			});
		});
		child.once('error', error => settle(() => reject(error)));
		child.once('exit', (code, killer) => {
			const giveUp = () =>
				settle(() =>
					reject(
						new GolemError('START_FAILED', `It ended while starting (${killer ?? `exit code ${code}`}).`),
					),
				);
			// Its last word may come after the news of its end, but not after the end of the channel.
			if (child.connected) {
				child.once('disconnect', () => setImmediate(giveUp));
				setTimeout(giveUp, lastWordMs).unref();
			} else {
				setImmediate(giveUp);
			}
		});
	});
}
