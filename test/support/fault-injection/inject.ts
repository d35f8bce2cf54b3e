import {setTimeout as sleep} from 'node:timers/promises';
import {waitUntilProcessGone} from '../../../source/platform/process.js';
import type {Network} from '../network.js';
import type {Journal} from './journal.js';
import type {PlannedFault} from './plan.js';
import {findVmProcesses, killAtOnce, type VmProcess} from './vm-processes.js';

const goneMs = 5000;

/** Carries out what the plan says; a provider that was killed runs again when this is over. */
export async function injectFault(network: Network, fault: PlannedFault, journal: Journal): Promise<void> {
	const {kind, target, downMs} = fault;
	const processes = await findVmProcesses(network.folder);
	const victims = chooseVictims(processes, fault);
	const hitsProvider = kind === 'provider' || kind === 'three' || kind === 'everything';
	const names = victims.map(victim => `${victim.kind} of ${victim.vmId}`);
	if (!hitsProvider) {
		journal.note(`☠ ${kind} ${target}: ${names.join(', ') || 'nobody there'}`);
		kill(victims);
		return;
	}

	const {pid} = await network.provider.control.status();
	journal.note(`☠ ${kind} ${target}: ${['the provider', ...names].join(', ')}`);
	journal.beginOutage();
	kill([{pid}, ...victims]);
	await waitUntilProcessGone(pid, goneMs);
	await sleep(downMs);
	await runAgain(network);
	journal.endOutage();
	journal.note('the provider runs again');
}

/** Without waiting for an advertisement: a provider that is full has none. */
async function runAgain({provider}: Network): Promise<void> {
	const {exitCode, stdout, stderr} = await provider.golem(['provider', '--detach', '--json']);
	if (exitCode !== 0) {
		throw new Error(`The provider did not start again: ${stdout} ${stderr}`);
	}
}

function chooseVictims(processes: readonly VmProcess[], {kind, target}: PlannedFault): VmProcess[] {
	if (kind === 'everything') {
		return [...processes];
	}

	const candidates = processes
		.filter(process => process.kind === (kind === 'exe-unit' ? 'exe-unit' : 'vm'))
		.sort((one, other) => one.vmId.localeCompare(other.vmId));
	const victim = candidates[target % candidates.length];
	if (victim === undefined || kind === 'provider') {
		return [];
	}

	return kind === 'three' ? processes.filter(({vmId}) => vmId === victim.vmId) : [victim];
}

function kill(victims: ReadonlyArray<{pid: number}>): void {
	for (const {pid} of victims) {
		killAtOnce(pid);
	}
}
