import {createRandom, type Random} from '../random.js';

/** What an owner does about one of their VMs. Pairs are sent at the same moment. */
export const actions = [
	'create',
	'create twice',
	'create again',
	'info',
	'list',
	'stop',
	'start',
	'stop and start',
	'destroy',
	'destroy twice',
	'destroy and stop',
	'destroy and start',
	'trespass',
] as const;
export type Action = (typeof actions)[number];

/** Creations come often, since they are what everything else needs. */
const frequentActions: readonly [Action, ...Action[]] = [
	'create',
	...actions,
	'create',
	'create',
	'stop',
	'start',
];

/** What is killed; `three` are the provider, a supervisor and its VM, and `everything` is what a power cut leaves. */
export const faults = ['provider', 'exe-unit', 'vm', 'three', 'everything'] as const;
export type FaultKind = (typeof faults)[number];

export type PlannedFault = {
	kind: FaultKind;
	afterMs: number;
	/** Which of those that are there, counted round and round. */
	target: number;
	/** How long the provider stays down. */
	downMs: number;
};

export type PlannedStep = {action: Action; afterMs: number; cores: number};

/** One burst, with what happens in the middle of it. It is made before anything runs, so that a seed repeats it. */
export type Round = {
	/** For each VM of each owner what is done about it, one after the other. */
	steps: PlannedStep[][];
	faults: PlannedFault[];
};

export type PlanOptions = {
	seed: number;
	round: number;
	/** How many VMs of all owners there are to do something about. */
	slots: number;
	/** The longest pause before a step; faults take three times as long. */
	pauseMs: number;
	/** How many steps there may be for a VM, the likelier ones more than once. */
	stepCounts: readonly [number, ...number[]];
};

export function planRound({seed, round, slots, pauseMs, stepCounts}: PlanOptions): Round {
	const random = createRandom(Math.imul(seed, 31) + round);
	return {
		steps: Array.from({length: slots}, () => planSteps(random, pauseMs, random.pick(stepCounts))),
		faults: Array.from({length: random.pick([0, 1, 1, 1, 2])}, () => ({
			kind: random.pick(faults),
			afterMs: random.below(3 * pauseMs),
			target: random.below(1000),
			downMs: random.below(pauseMs),
		})),
	};
}

function planSteps(random: Random, pauseMs: number, count: number): PlannedStep[] {
	return Array.from({length: count}, () => ({
		action: random.pick(frequentActions),
		afterMs: random.below(pauseMs),
		cores: 1 + random.below(2),
	}));
}
