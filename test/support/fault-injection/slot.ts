import {randomUUID} from 'node:crypto';
import type {CreateVmBody} from '../../../source/protocol/vm.js';
import type {Journal, Outcome} from './journal.js';
import {describeVm, listVms, type Owner, trespass} from './owner.js';
import type {Action} from './plan.js';

/** A creation as it is sent; sent again it means the same VM. */
type Order = {key: string; body: CreateVmBody};

/** What an owner has to believe of a VM, by the answers they had. */
export type Belief =
	| {kind: 'absent'}
	/** A creation of which nothing was heard. */
	| {kind: 'ordered'; order: Order}
	| {kind: 'present'; id: string; order: Order}
	/** A destruction of which nothing good was heard. */
	| {kind: 'ending'; id: string; order: Order};

/** One name of one owner, under which there is a VM or none. */
export type Slot = {
	owner: Owner;
	name: string;
	belief(): Belief;
	act(action: Action, cores: number, others: readonly Owner[], journal: Journal): Promise<void>;
	/** Finds out whether there is a VM, as its owner would. Not before the provider has finished what it began. */
	clarify(journal: Journal): Promise<void>;
	destroy(journal: Journal): Promise<void>;
};

const refusals = {
	create: ['RES_001', 'RES_002', 'RES_003', 'NET_003'],
	/** A VM that has failed is admitted anew. */
	start: ['VM_001', 'VM_004', 'RES_001', 'RES_002', 'RES_003', 'NET_003'],
	stop: ['VM_001', 'VM_004'],
	destroy: ['VM_001'],
} as const;

export function createSlot(owner: Owner, name: string): Slot {
	const {client, vmIds} = owner;
	let belief: Belief = {kind: 'absent'};
	const label = (action: string) => `${owner.name} ${action} ${name}`;
	const hasVm = () => belief.kind === 'present' || belief.kind === 'ending';
	/** Nobody can tell whether there is a VM. */
	const isOpen = () => belief.kind === 'ordered' || belief.kind === 'ending';

	async function order({key, body}: Order, allowed: readonly string[], journal: Journal) {
		return journal.attempt(
			label('create'),
			allowed,
			signal => client.create(body, key, signal),
			({vm_id, status}) => `${vm_id} ${status}`,
		);
	}

	async function create(times: 1 | 2, cores: number, journal: Journal): Promise<void> {
		const newOrder = {
			key: randomUUID(),
			body: {name, cpu_cores: cores, memory_gb: 1, storage_gb: 10, image: 'micro'},
		};
		if (belief.kind === 'present') {
			const {value} = await order(newOrder, ['VM_003'], journal);
			if (value) {
				journal.accuse(`${label('create')}: a second VM of that name, ${value.vm_id}`);
			}

			return;
		}

		if (belief.kind === 'ending') {
			// Its owner would have the old one gone first.
			await destroy(journal);
			return;
		}

		if (belief.kind === 'ordered') {
			await clarify(journal);
			return;
		}

		const outcomes = await Promise.all(
			Array.from({length: times}, () => order(newOrder, refusals.create, journal)),
		);
		learn(newOrder, outcomes, journal);
	}

	function learn(sent: Order, outcomes: Array<Outcome<{vm_id: string}>>, journal: Journal): void {
		const ids = new Set(outcomes.flatMap(({value}) => value?.vm_id ?? []));
		if (ids.size > 1) {
			journal.accuse(`${label('create')}: one key, but ${ids.size} VMs: ${[...ids].join(' ')}`);
		}

		const [id] = ids;
		if (id !== undefined) {
			vmIds.add(id);
			belief = {kind: 'present', id, order: sent};
		} else if (outcomes.some(({code}) => !isRefusal(code))) {
			belief = {kind: 'ordered', order: sent};
		} else {
			belief = {kind: 'absent'};
		}
	}

	async function createAgain(journal: Journal): Promise<void> {
		if (belief.kind !== 'present') {
			return;
		}

		const {id} = belief;
		const {value} = await order(belief.order, [], journal);
		if (value && value.vm_id !== id) {
			journal.accuse(`${label('create again')}: ${value.vm_id} in place of ${id}`);
		}
	}

	async function manage(
		action: 'info' | 'start' | 'stop',
		journal: Journal,
		isEnding = false,
	): Promise<void> {
		const before = belief;
		const may = hasVm() ? (action === 'info' ? [] : refusals[action]) : ['VM_002'];
		const {value} = await journal.attempt(
			label(action),
			isOpen() || isEnding ? [...may, 'VM_002', 'VM_004', 'VM_001'] : may,
			signal => client[action === 'info' ? 'get' : action](name, signal),
			describeVm,
		);
		if (value && before.kind === 'absent') {
			journal.accuse(`${label(action)}: ${value.id} should not be there`);
		} else if (value && 'id' in before && value.id !== before.id) {
			journal.accuse(`${label(action)}: ${value.id} in place of ${before.id}`);
		}
	}

	async function destroy(journal: Journal): Promise<void> {
		const before = belief;
		const isKnown = before.kind === 'present';
		if ('id' in before) {
			belief = {...before, kind: 'ending'};
		}

		const {code} = await journal.attempt(
			label('destroy'),
			isKnown ? refusals.destroy : [...refusals.destroy, 'VM_002'],
			signal => client.destroy(name, signal),
		);
		if (code === undefined && before.kind === 'absent') {
			journal.accuse(`${label('destroy')}: there should be none`);
		}

		// Of a creation that nobody heard of, «there is none» does not say that it will not be carried out.
		if (code === undefined || (code === 'VM_002' && before.kind === 'ending')) {
			belief = {kind: 'absent'};
		}
	}

	/** Two requests at once that both end the VM: one may find that the other was faster. */
	async function destroyTwice(journal: Journal): Promise<void> {
		if (belief.kind === 'present') {
			belief = {...belief, kind: 'ending'};
		}

		await Promise.all([destroy(journal), destroy(journal)]);
	}

	async function clarify(journal: Journal): Promise<void> {
		if (belief.kind === 'ordered') {
			learn(belief.order, [await order(belief.order, refusals.create, journal)], journal);
		} else if (belief.kind === 'ending') {
			const {id, order: sent} = belief;
			const seen = await listVms(owner, journal);
			if (seen) {
				belief = seen.some(vm => vm.id === id) ? {kind: 'present', id, order: sent} : {kind: 'absent'};
			}
		}
	}

	return {
		owner,
		name,
		belief: () => belief,
		clarify,
		destroy,
		async act(action, cores, others, journal) {
			const run: Record<Action, () => Promise<unknown>> = {
				create: () => create(1, cores, journal),
				'create twice': () => create(2, cores, journal),
				'create again': () => createAgain(journal),
				info: () => manage('info', journal),
				list: () => listVms(owner, journal),
				stop: () => manage('stop', journal),
				start: () => manage('start', journal),
				'stop and start': () => Promise.all([manage('stop', journal), manage('start', journal)]),
				destroy: () => destroy(journal),
				'destroy twice': () => destroyTwice(journal),
				'destroy and stop': () => Promise.all([manage('stop', journal, true), destroy(journal)]),
				'destroy and start': () => Promise.all([manage('start', journal, true), destroy(journal)]),
				trespass: () => trespass(owner, others, journal),
			};
			await run[action]();
		},
	};
}

/** Does that code say that nothing was created? All others leave it open. */
function isRefusal(code: string | undefined): boolean {
	return refusals.create.some(known => known === code);
}
