import {type ChildProcess, spawn} from 'node:child_process';
import {readLogSince} from '../daemon-control/log-file.js';
import {startFaultSchema} from '../platform/detached-process.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {processEntry} from '../platform/program.js';

const stopTimeoutMs = 30_000;
const lastWordMs = 1000;
const lastLines = 20;

/** The provider's daemon as a child of this process. */
export function spawnProvider(
	environment: NodeJS.ProcessEnv,
	stdio: Array<'ignore' | 'inherit' | 'ipc' | number>,
): ChildProcess {
	return spawn(process.execPath, [...process.execArgv, processEntry('provider')], {stdio, env: environment});
}

/** Waits for its end, and asks for it when the signal says so. @returns its exit status */
export function endOf(child: ChildProcess, signal: AbortSignal): Promise<number> {
	return new Promise((resolve, reject) => {
		let deadline: NodeJS.Timeout | undefined;
		const stop = () => {
			child.kill('SIGTERM');
			deadline = setTimeout(() => {
				// It must not keep this program waiting too.
				child.unref();
				reject(
					new GolemError('STOP_TIMED_OUT', `The provider (pid ${child.pid}) has not ended.`, {
						exitCode: exitCodes.timedOut,
						hint: 'See why with: golem provider logs',
					}),
				);
			}, stopTimeoutMs);
		};
		const settle = () => {
			clearTimeout(deadline);
			signal.removeEventListener('abort', stop);
		};
		child.once('error', error => {
			settle();
			reject(error);
		});
		child.once('exit', (code, killer) => {
			settle();
			// One that had not yet begun to listen for it has nothing to tidy up.
			const isAsked = signal.aborted && killer === 'SIGTERM';
			resolve(code ?? (isAsked ? exitCodes.done : exitCodes.failed));
		});
		signal.addEventListener('abort', stop, {once: true});
		if (signal.aborted) {
			stop();
		}
	});
}

/** What the daemon says when it cannot start. @returns asks for it once its process has ended */
export function listenForFault(child: ChildProcess): () => Promise<GolemError | undefined> {
	let fault: GolemError | undefined;
	child.on('message', message => {
		const parsed = startFaultSchema.safeParse(message);
		if (parsed.success) {
			const {code, message: text, hint, exitCode} = parsed.data.error;
			fault = new GolemError(code, text, {hint, exitCode});
		}
	});
	// Its last word may come after the news of its end, but not after the end of the channel.
	const channelClosed = new Promise<void>(resolve => {
		child.once('disconnect', () => setImmediate(resolve));
	});
	return async () => {
		if (child.connected) {
			await Promise.race([
				channelClosed,
				new Promise<void>(resolve => {
					setTimeout(resolve, lastWordMs).unref();
				}),
			]);
		}

		return fault;
	};
}

/** @param logStart where its own lines begin */
export async function describeEnd(exitCode: number, log: string, logStart: number): Promise<GolemError> {
	const lines = (await readLogSince(log, logStart)).slice(-lastLines);
	const known = Object.values(exitCodes).find(code => code === exitCode);
	return new GolemError(
		'PROVIDER_ENDED',
		['The provider has ended by itself. Its last words:', ...lines].join('\n'),
		{exitCode: known || exitCodes.failed, hint: 'See all of its log with: golem provider logs'},
	);
}
