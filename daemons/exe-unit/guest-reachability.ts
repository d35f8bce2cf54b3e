import net from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {deadlineSignal} from '../../source/platform/waiting.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import type {RunningVm} from './driver.js';

/** From power on to an SSH banner, on the slowest machine we know, times four. */
const bootTimeoutMs = 180_000;
/** A guest that never says it is up (an image of another make) is asked for its banner all the same. */
const unannouncedProbeMs = 20_000;
const bannerTimeoutMs = 3000;
const probePauseMs = 100;

/**
Waits until the guest's SSH server greets.
@param onReady called when the guest has said that it is up, or has had the time to
@throws VM_001 where the VM ends before, NET_001 where it takes too long, the signal's reason
*/
export async function untilGuestAnswers(
	running: Pick<RunningVm, 'ended' | 'guestReady' | 'ssh' | 'consoleLog'>,
	{signal: ending, onReady}: {signal: AbortSignal; onReady: () => void},
): Promise<void> {
	const giveUp = new AbortController();
	const signal = AbortSignal.any([deadlineSignal(bootTimeoutMs), ending, giveUp.signal]);
	const ended = running.ended.then(end => {
		throw new ApiError('VM_001', `The VM ended while it was starting: ${end.reason}.`, {
			details: {log: running.consoleLog()},
		});
	});
	const reachable = (async () => {
		await Promise.race([running.guestReady, sleep(unannouncedProbeMs, undefined, {signal})]);
		onReady();
		while (!(await hasSshBanner(running.ssh, signal))) {
			await sleep(probePauseMs, undefined, {signal});
		}
	})();
	try {
		await Promise.race([reachable, ended]);
	} catch (error) {
		reachable.catch(() => {});
		throw signal.aborted && !ending.aborted
			? new ApiError('NET_001', `The VM did not answer by SSH in ${bootTimeoutMs / 1000} s.`, {
					details: {log: running.consoleLog()},
				})
			: error;
	} finally {
		ended.catch(() => {});
		giveUp.abort();
	}
}

/** Does an SSH server greet there? Forwarded ports accept before the guest listens, so a connection alone says nothing. */
async function hasSshBanner(
	{host, port}: {host: string; port: number},
	signal: AbortSignal,
): Promise<boolean> {
	return new Promise(resolve => {
		const socket = net.connect({host, port, signal});
		socket.setTimeout(bannerTimeoutMs);
		const settle = (answer: boolean) => {
			socket.destroy();
			resolve(answer);
		};
		socket.once('data', data => settle(data.toString('latin1').startsWith('SSH-')));
		socket.once('timeout', () => settle(false));
		socket.once('end', () => settle(false));
		socket.on('error', () => settle(false));
	});
}
