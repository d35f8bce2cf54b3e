import {setTimeout as sleep} from 'node:timers/promises';
import type {Log} from '../../../source/platform/log.js';
import type {PortVerification} from '../../../source/protocol/control.js';
import type {Ports} from './ports.js';
import type {PublicAddress} from './public-address.js';

export type PortVerifierOptions = {
	ports: Pick<Ports, 'verify' | 'troubled' | 'progress'>;
	publicAddress: Pick<PublicAddress, 'find'>;
	/** Done before each, besides: what is looked up now and then. */
	prepare: () => Promise<void>;
	log: Log;
	onChange: () => void;
	signal: AbortSignal;
	pauses?: {allMs: number; firstRetryMs: number};
};

/** Verifies the ports again and again: all of them now and then, those with trouble more often. */
export type PortVerifier = {
	/** The life of it: ends when the signal says so. */
	run(): Promise<void>;
	/** One of all ports: that which is under way, or a new one as soon as may be. */
	verifyNow(): void;
	state(): PortVerification;
};

const defaultPauses = {allMs: 30 * 60_000, firstRetryMs: 60_000};

export function createPortVerifier({
	ports,
	publicAddress,
	prepare,
	log,
	onChange,
	signal,
	pauses = defaultPauses,
}: PortVerifierOptions): PortVerifier {
	let phase: PortVerification['phase'] = 'waiting';
	let startedAt: string | null = null;
	let finishedAt: string | null = null;
	let nextAt: string | null = null;
	let wake = () => {};
	let isFullUnderWay = false;
	let isWanted = false;

	async function verify(only?: ReadonlySet<number>): Promise<void> {
		startedAt = new Date().toISOString();
		finishedAt = null;
		nextAt = null;
		phase = 'address';
		onChange();
		try {
			const [address] = await Promise.all([publicAddress.find(signal), prepare()]);
			phase = 'outside';
			await ports.verify(address, signal, only);
		} catch (error) {
			signal.throwIfAborted();
			log.error({err: error}, 'the ports could not be verified');
		} finally {
			phase = 'done';
			finishedAt = new Date().toISOString();
			onChange();
		}
	}

	/** @returns whether it was woken */
	async function pause(durationMs: number): Promise<boolean> {
		if (isWanted) {
			return true;
		}

		const waking = new AbortController();
		wake = () => waking.abort();
		try {
			await sleep(durationMs, undefined, {signal: AbortSignal.any([signal, waking.signal])});
			return false;
		} catch {
			signal.throwIfAborted();
			return true;
		} finally {
			wake = () => {};
		}
	}

	/** One of all ports, and then of those with trouble until all are due again or somebody asks. */
	async function runOnce(): Promise<void> {
		isWanted = false;
		isFullUnderWay = true;
		await verify().finally(() => {
			isFullUnderWay = false;
		});
		const dueAt = performance.now() + pauses.allMs;
		let retryMs = pauses.firstRetryMs;
		for (;;) {
			const leftMs = Math.max(0, dueAt - performance.now());
			nextAt = new Date(
				Date.now() + (ports.troubled().size > 0 ? Math.min(retryMs, leftMs) : leftMs),
			).toISOString();
			onChange();
			// Trouble may come up while there is none: another program takes a port.
			if ((await pause(Math.min(retryMs, leftMs))) || performance.now() >= dueAt) {
				return;
			}

			const troubled = ports.troubled();
			if (troubled.size > 0) {
				retryMs *= 2;
				await verify(troubled);
			}
		}
	}

	return {
		async run() {
			while (!signal.aborted) {
				await runOnce().catch(() => signal.throwIfAborted());
			}
		},
		verifyNow() {
			if (!isFullUnderWay) {
				isWanted = true;
				wake();
			}
		},
		state() {
			const {phase: step, ...progress} = ports.progress();
			const hasBegun = phase !== 'address';
			return {
				...progress,
				...(hasBegun ? {} : {settled: 0, checkers: []}),
				phase: phase === 'outside' ? step : phase,
				started_at: startedAt,
				finished_at: finishedAt,
				next_at: nextAt,
			};
		},
	};
}
