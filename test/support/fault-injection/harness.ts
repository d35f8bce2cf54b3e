import {setTimeout as sleep} from 'node:timers/promises';
import type {Network} from '../network.js';
import {injectFault} from './inject.js';
import {findFaults, findPromiseFaults, findUnsettled} from './invariants.js';
import {createJournal, type Journal} from './journal.js';
import type {Owner} from './owner.js';
import {type PlanOptions, planRound} from './plan.js';
import {type ProviderState, readProviderState} from './provider-state.js';
import {readLogTail} from './report.js';
import {createSlot} from './slot.js';

export type HarnessOptions = Pick<PlanOptions, 'seed' | 'pauseMs' | 'stepCounts'> & {
	network: Network;
	owners: readonly Owner[];
	/** Under which each owner has a VM or none. Owners use the same ones, which is no conflict. */
	names: readonly string[];
	/** After which a request hangs, and after which a round has not settled. */
	deadlineMs: number;
};

/**
Lets owners and faults loose on a provider, round by round. Each method tells what was not as it has to be, with all that
is known about it; undefined where all was well.
*/
export type Harness = {
	/** Creates every VM, in peace. */
	fill(): Promise<string | undefined>;
	runRound(round: number): Promise<string | undefined>;
	/** Destroys every VM; nothing may be left. */
	finish(): Promise<string | undefined>;
};

export function createHarness(options: HarnessOptions): Harness {
	const {network, owners, names, seed, deadlineMs} = options;
	const state = readProviderState(network.provider.paths.daemonSocket('provider'));
	const slots = owners.flatMap(owner => names.map(name => createSlot(owner, name)));

	async function runRound(round: number): Promise<string | undefined> {
		const journal = createJournal(deadlineMs);
		const plan = planRound({...options, round, slots: slots.length});
		const isOver = new AbortController();
		const watching = watchPromises(state, journal, isOver.signal);
		const acting = Promise.all(
			slots.map(async (slot, index) => {
				for (const {action, afterMs, cores} of plan.steps[index] ?? []) {
					await sleep(afterMs);
					const others = owners.filter(owner => owner !== slot.owner);
					await slot.act(action, cores, others, journal);
				}
			}),
		);
		const injecting = (async () => {
			for (const fault of plan.faults) {
				await sleep(fault.afterMs);
				await injectFault(network, fault, journal);
			}
		})();
		try {
			await Promise.all([acting, injecting]);
			isOver.abort();
			await watching;
			await settle(journal);
		} catch (error) {
			journal.accuse(`the test itself was interrupted: ${error instanceof Error ? error.stack : error}`);
		} finally {
			isOver.abort();
		}

		return judge(`round ${round}`, journal);
	}

	/** Waits until nothing is under way any more and everything is as it has to be. */
	async function settle(journal: Journal): Promise<void> {
		const deadline = performance.now() + deadlineMs;
		for (;;) {
			let faults = await findUnsettled(state);
			if (faults.length === 0) {
				await Promise.all(slots.map(slot => slot.clarify(journal)));
				faults = await findFaults(network, state, owners, slots);
			}

			if (faults.length === 0) {
				return;
			}

			if (performance.now() > deadline) {
				for (const fault of faults) {
					journal.accuse(fault);
				}

				return;
			}

			await sleep(25);
		}
	}

	async function judge(when: string, journal: Journal): Promise<string | undefined> {
		const accusations = journal.accusations();
		if (accusations.length === 0) {
			return undefined;
		}

		return [
			`Seed ${seed}, ${when} (GOLEM_TEST_SEED=${seed} repeats it):`,
			...accusations.map(accusation => `  ✗ ${accusation}`),
			'What was done:',
			...journal.lines(),
			'The end of the provider’s log:',
			...(await readLogTail(network)),
		].join('\n');
	}

	return {
		runRound,
		async fill() {
			const journal = createJournal(deadlineMs);
			await Promise.all(slots.map(slot => slot.act('create', 1, [], journal)));
			await settle(journal);
			return judge('the beginning', journal);
		},
		async finish() {
			const journal = createJournal(deadlineMs);
			await Promise.all(
				slots.filter(slot => slot.belief().kind === 'present').map(slot => slot.destroy(journal)),
			);
			await settle(journal);
			for (const vm of await state.vms()) {
				journal.accuse(`${vm.id} is still there`);
			}

			return judge('the end', journal);
		},
	};
}

/** Looks at what is promised while things are under way. */
async function watchPromises(state: ProviderState, journal: Journal, signal: AbortSignal): Promise<void> {
	while (!signal.aborted) {
		// A provider that is down promises nothing.
		const vms = await state.vms().catch(() => []);
		for (const fault of findPromiseFaults(vms)) {
			journal.accuse(fault);
		}

		await sleep(50, undefined, {signal}).catch(() => {});
	}
}
