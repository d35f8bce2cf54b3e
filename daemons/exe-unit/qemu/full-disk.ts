import type {Log} from '../../../source/platform/log.js';
import type {Qmp} from './qmp.js';

const retryMs = 10_000;

/**
QEMU pauses a guest whose disk cannot be written because the host's is full (its default `werror=enospc`). Nobody would
ever turn it on again, so it is tried until there is room.
*/
export function resumeWhenThereIsRoom(qmp: Qmp, log: Log, pauseMs = retryMs): void {
	let timer: NodeJS.Timeout | undefined;
	const stop = () => {
		clearInterval(timer);
		timer = undefined;
	};
	const keepTrying = () => {
		if (timer === undefined) {
			log.warn('the guest is paused: the disk of this machine is full');
			timer = setInterval(() => {
				// A refusal means that it is on already, or gone; both end this by an event.
				qmp.execute('cont').catch(() => {});
			}, pauseMs);
		}
	};
	qmp.onEvent((event, data) => {
		if (event === 'BLOCK_IO_ERROR' && data['nospace'] === true) {
			keepTrying();
		} else if (event === 'RESUME' && timer !== undefined) {
			log.info('the guest goes on');
			stop();
		}
	});
	void qmp.closed.then(stop);
	qmp.execute('query-status').then(
		status => {
			// One that was found paused has been so since before this supervisor came.
			if (
				typeof status === 'object' &&
				status !== null &&
				'status' in status &&
				status.status === 'io-error'
			) {
				keepTrying();
			}
		},
		() => {},
	);
}
