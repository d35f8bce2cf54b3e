import {setTimeout as sleep} from 'node:timers/promises';
import type {ControlClient} from '../client/control-client.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {deadlineSignal} from '../platform/waiting.js';
import type {DaemonStatus, PortsReport} from '../protocol/control.js';

const reconnectMs = 200;
const verificationTimeoutMs = 90_000;

/** What is heard of a provider. */
export type ProviderListener = {
	onReport(report: PortsReport): void;
	onStatus(status: DaemonStatus): void;
};

/**
Follows a provider by its control socket until the signal ends it: waits for one that is still starting, and comes back
to one whose stream broke. What is heard twice in a row is told once.
*/
export async function followProvider(
	control: Pick<ControlClient, 'followPorts' | 'events'>,
	{onReport, onStatus}: ProviderListener,
	signal: AbortSignal,
): Promise<void> {
	await Promise.all([
		followAgain(() => control.followPorts(signal), onlyChanges(onReport), signal),
		followAgain(
			() => control.events(signal),
			// The machine's load is a little different each time.
			onlyChanges(onStatus, ({load: _load, ...rest}) => rest),
			signal,
		),
	]);
}

async function followAgain<Value>(
	open: () => AsyncGenerator<Value>,
	tell: (value: Value) => void,
	signal: AbortSignal,
): Promise<void> {
	while (!signal.aborted) {
		try {
			for await (const value of open()) {
				tell(value);
			}
		} catch (error) {
			if (!(error instanceof GolemError)) {
				throw error;
			}
		}

		await sleep(reconnectMs, undefined, {signal}).catch(() => {});
	}
}

function onlyChanges<Value>(
	tell: (value: Value) => void,
	relevant: (value: Value) => unknown = value => value,
): (value: Value) => void {
	let last: string | undefined;
	return value => {
		const text = JSON.stringify(relevant(value));
		if (text !== last) {
			last = text;
			tell(value);
		}
	};
}

/**
Has a running provider verify its ports, and follows that to its end. One that is under way already is joined.
@returns the last report
@throws NOT_REACHABLE where the provider goes away meanwhile, VERIFICATION_TIMED_OUT (exit status 7)
*/
export async function verifyAndFollow(
	control: Pick<ControlClient, 'ports' | 'verifyPorts' | 'followPorts'>,
	{
		onReport,
		signal,
		timeoutMs = verificationTimeoutMs,
	}: {onReport: (report: PortsReport) => void; signal: AbortSignal; timeoutMs?: number},
): Promise<PortsReport> {
	const deadline = deadlineSignal(timeoutMs, signal);
	const tell = onlyChanges(onReport);
	try {
		const before = await control.ports(deadline);
		const isDone = ({verification: {phase, finished_at}}: PortsReport) =>
			phase === 'done' && finished_at !== null && finished_at !== before.verification.finished_at;
		const begun = await control.verifyPorts(deadline);
		if (isDone(begun)) {
			tell(begun);
			return begun;
		}

		for await (const report of control.followPorts(deadline)) {
			// What was before it began is nothing new to anybody.
			if (report.verification.phase !== 'done' || isDone(report)) {
				tell(report);
			}

			if (isDone(report)) {
				return report;
			}
		}
	} catch (error) {
		if (!deadline.aborted) {
			throw error;
		}
	}

	signal.throwIfAborted();
	throw deadline.aborted
		? new GolemError('VERIFICATION_TIMED_OUT', `The verification was not done in ${timeoutMs / 1000} s.`, {
				exitCode: exitCodes.timedOut,
				hint: 'See what holds it up with: golem provider logs',
			})
		: new GolemError('NOT_REACHABLE', 'The provider has ended in the middle of the verification.', {
				exitCode: exitCodes.notReachable,
				hint: 'See why with: golem provider logs',
			});
}
