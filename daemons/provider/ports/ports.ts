import type {Log} from '../../../source/platform/log.js';
import type {PortCheckerFinding, PortStatus, PortVerification} from '../../../source/protocol/control.js';
import {askPortCheckers} from './checkers.js';
import {isPortFree, openPortListeners, type PortListeners} from './listeners.js';
import {isOutdated, type PortMemory} from './memory.js';
import type {PortOccupant} from './occupants.js';
import {createPortProofs, type PortProofs} from './proof.js';
import {decide, type Quorum, type Verdict} from './verdict.js';

/** A VM that has a port. */
export type PortCarrier = {vmId: string; isRunning: boolean};

export type PortsOptions = {
	host: string;
	/** Every port of the range. */
	ports: readonly number[];
	/** Where the API listens; known once it does. */
	apiPort: () => number;
	servers: readonly string[];
	quorum: Quorum;
	skipVerification: boolean;
	/** VMs by their port, as they are now. */
	carriers: () => ReadonlyMap<number, PortCarrier>;
	findOccupants: (ports: readonly number[]) => Promise<ReadonlyMap<number, PortOccupant>>;
	memory: PortMemory;
	log: Log;
	/** Something that matters to others has changed. */
	onChange: () => void;
	/** A verification has come a bit further. */
	onProgress: () => void;
	now?: () => number;
};

/** Which ports requestors can reach. */
export type Ports = {
	/**
	Opens what can be opened, has it tried from outside, and keeps what was found. One at a time: who comes while one is
	under way gets that one.
	@param only these ports; all, and the API's, where nothing is said
	*/
	verify(publicIp: string, signal: AbortSignal, only?: ReadonlySet<number>): Promise<void>;
	/** Ports that can be handed out, or are, in ascending order. */
	usable(): number[];
	/** Ports, the API's with them, that would be worth another try. */
	troubled(): Set<number>;
	/** Lets go of a port that is being tried out, for the VM that gets it. */
	release(port: number): void;
	/** Is a port that was handed out still free? One that is not counts as occupied from then on. */
	claim(port: number): Promise<boolean>;
	statuses(): PortStatus[];
	/** What is known of the API's port. */
	api(): PortStatus;
	progress(): PortProgress;
	/** Answers a challenge that came to the API. */
	prove: PortProofs['answer'];
};

/** How far the verification under way has come, or how the last one ended. */
export type PortProgress = Pick<PortVerification, 'total' | 'settled' | 'checkers'> & {
	phase: 'local' | 'outside';
};

/** What was found of one port, apart from the VM that it may carry. */
type Known = Verdict & {
	findings: PortCheckerFinding[];
	checkedAt: string | null;
	isChecking: boolean;
	/** Has nobody told of it the last time, so that it is what it was before? */
	isStale: boolean;
	/** Another program has it; null where that cannot be known. */
	occupiedBy: PortOccupant | null | undefined;
};

const unchecked: Known = {
	state: 'unknown',
	reason: 'not checked yet',
	findings: [],
	checkedAt: null,
	isChecking: false,
	isStale: false,
	occupiedBy: undefined,
};

export function createPorts(options: PortsOptions): Ports {
	const {host, ports, apiPort, servers, quorum, skipVerification, carriers, memory, log} = options;
	const {onChange, onProgress, now = Date.now} = options;
	const proofs = createPortProofs();
	const known = new Map<number, Known>(
		memory.initial.ports.map(kept => [kept.port, {...unchecked, ...kept}]),
	);
	let knownFor = memory.initial.publicIp;
	let opening: Promise<PortListeners> | undefined;
	let listeners: PortListeners | undefined;
	let released = new Set<number>();
	let running: Promise<void> | undefined;
	let progress: PortProgress = {phase: 'local', total: 0, settled: 0, checkers: []};

	const knownOf = (port: number) => known.get(port) ?? unchecked;
	const note = (port: number, change: Partial<Known>) => known.set(port, {...knownOf(port), ...change});
	const allPorts = () => [apiPort(), ...ports];
	const isUsable = (port: number) => {
		const {state, occupiedBy} = knownOf(port);
		return state === 'verified' && occupiedBy === undefined;
	};

	async function verify(publicIp: string, signal: AbortSignal, only?: ReadonlySet<number>): Promise<void> {
		const isElsewhere = knownFor !== publicIp;
		if (isElsewhere) {
			// What was found at another address says nothing of this one.
			known.clear();
			knownFor = publicIp;
		}

		const chosen = allPorts().filter(port => isElsewhere || only === undefined || only.has(port));
		for (const port of chosen) {
			note(port, {isChecking: true});
		}

		try {
			await tryOut(publicIp, chosen, signal);
		} finally {
			for (const port of chosen) {
				note(port, {isChecking: false});
			}

			onChange();
		}

		const reachable = ports.filter(isUsable).length;
		log.info(
			{usable: reachable, of: ports.length, tried: chosen.length, public_ip: publicIp},
			'ports verified',
		);
		await memory.write({publicIp, ports: allPorts().map(port => ({...knownOf(port), port}))});
	}

	async function tryOut(publicIp: string, chosen: readonly number[], signal: AbortSignal): Promise<void> {
		progress = {phase: 'local', total: chosen.length, settled: 0, checkers: []};
		onProgress();
		const before = carriers();
		const free = chosen.filter(port => port !== apiPort() && !before.has(port));
		released = new Set();
		opening = openPortListeners(host, free, proofs).finally(() => {
			opening = undefined;
		});
		const opened = await opening;
		listeners = opened;
		for (const port of released) {
			opened.release(port);
		}

		try {
			await noteOccupants(
				free.filter(port => !released.has(port)),
				opened,
			);
			const carrying = new Set(chosen.filter(port => before.get(port)?.isRunning));
			const asked = chosen.filter(
				port => port === apiPort() || opened.opened.has(port) || carrying.has(port),
			);
			const findings = skipVerification ? undefined : await askOutside(publicIp, asked, carrying, signal);
			const after = carriers();
			for (const port of asked) {
				const [first, last] = [before.get(port), after.get(port)];
				// One that changed hands while it was tried has told nothing.
				if (!released.has(port) && first?.vmId === last?.vmId && first?.isRunning === last?.isRunning) {
					note(port, findings ? judge(port, findings.get(port) ?? []) : unverified());
				}
			}
		} finally {
			listeners = undefined;
			await opened.close();
		}
	}

	async function noteOccupants(wanted: readonly number[], {opened}: PortListeners): Promise<void> {
		const closed = wanted.filter(port => !opened.has(port));
		const occupants =
			closed.length > 0 ? await options.findOccupants(closed) : new Map<number, PortOccupant>();
		for (const port of wanted) {
			note(port, {occupiedBy: opened.has(port) ? undefined : (occupants.get(port) ?? null)});
		}
	}

	function askOutside(
		publicIp: string,
		asked: readonly number[],
		carrying: ReadonlySet<number>,
		signal: AbortSignal,
	): Promise<Map<number, PortCheckerFinding[]>> {
		const {total} = progress;
		return askPortCheckers(
			servers,
			{
				publicIp,
				ports: asked,
				carrying,
				apiPort: apiPort(),
				wasVisited: port => listeners?.wasVisited(port) ?? false,
				onProgress(checkers, reached) {
					const isSettled = (port: number) =>
						checkers.every(({state}, index) => state !== 'asked' || reached[index]?.has(port));
					const settled = total - asked.length + asked.filter(isSettled).length;
					progress = {phase: 'outside', total, settled, checkers: [...checkers]};
					onProgress();
				},
				signal,
			},
			{proofs, log},
		);
	}

	function judge(port: number, findings: PortCheckerFinding[]): Partial<Known> {
		const before = knownOf(port);
		if (findings.length === 0 && before.state === 'verified' && !isOutdated(before.checkedAt, now())) {
			return {reason: `as found at ${before.checkedAt}; no port checker answers now`, isStale: true};
		}

		const checkedAt = findings.length > 0 ? new Date(now()).toISOString() : before.checkedAt;
		return {...decide(findings, quorum), findings, checkedAt, isStale: false};
	}

	return {
		async verify(...wanted) {
			running ??= verify(...wanted).finally(() => {
				running = undefined;
			});
			return running;
		},
		usable: () => ports.filter(isUsable),
		troubled() {
			const all = carriers();
			const isExpected = (port: number) => all.get(port)?.isRunning ?? true;
			const isInTrouble = (port: number) => !isUsable(port) || knownOf(port).isStale;
			return new Set(allPorts().filter(port => isInTrouble(port) && isExpected(port)));
		},
		release(port) {
			released.add(port);
			listeners?.release(port);
		},
		async claim(port) {
			// What is being opened at this moment is our own, and let go of as soon as it is.
			await opening;
			const isFree = await isPortFree(host, port);
			if (!isFree) {
				const occupants = await options.findOccupants([port]);
				note(port, {occupiedBy: occupants.get(port) ?? null});
				log.warn({port, occupant: occupants.get(port)}, 'another program has taken a port that was free');
			}

			return isFree;
		},
		statuses() {
			const all = carriers();
			return ports.map(port => describe(port, knownOf(port), all.get(port)?.vmId));
		},
		api: () => describe(apiPort(), knownOf(apiPort()), undefined),
		progress: () => progress,
		prove: proofs.answer,
	};
}

function unverified(): Partial<Known> {
	return {
		state: 'verified',
		reason: 'not checked: verification is switched off',
		findings: [],
		checkedAt: null,
	};
}

/** A port with a VM is the VM's, whatever was found; that it cannot be reached is said all the same. */
function describe(port: number, known: Known, vmId: string | undefined): PortStatus {
	const {findings, checkedAt, isChecking, occupiedBy} = known;
	const common = {
		port,
		vm_id: vmId ?? null,
		checked_at: checkedAt,
		is_checking: isChecking,
		findings,
		occupant: null,
	};
	if (vmId !== undefined) {
		const isCutOff = known.state === 'unreachable' || known.state === 'disputed';
		return {...common, state: 'in-use', reason: isCutOff ? (known.reason ?? 'cannot be reached') : null};
	}

	if (occupiedBy !== undefined) {
		const reason = occupiedBy
			? `${occupiedBy.name} (pid ${occupiedBy.pid}) has it${occupiedBy.isListening ? '' : ' as the near end of a connection'}`
			: 'another program on this machine has it';
		return {
			...common,
			state: 'occupied',
			reason,
			occupant: occupiedBy && {pid: occupiedBy.pid, name: occupiedBy.name},
		};
	}

	return {...common, state: known.state, reason: known.reason};
}
