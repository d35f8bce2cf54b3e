import type {PortCheckerFinding} from '../../../source/protocol/control.js';
import type {PortFinding} from '../../../source/protocol/port-check.js';

/** How many port checkers have to reach a port: that many, or more than half of those that answered. */
export type Quorum = number | 'majority';

export type Verdict = {
	state: 'verified' | 'unreachable' | 'disputed' | 'unknown';
	/** Why, for people; null where the state says it all. */
	reason: string | null;
};

/** What is known here of one port that a checker speaks about. */
export type OwnView = {
	/** The answer that only a listener of ours can have given to this checker; null for a port that carries a VM. */
	proof: string | null;
	/** Has anybody connected to our listener since the check began? */
	wasVisited: boolean;
};

/** Every checker says what it likes; this is what counts of it. */
export function weigh(server: string, found: PortFinding, own: OwnView): PortCheckerFinding {
	const error = found.accessible ? whyNotOurs(found, own) : (found.error ?? 'not reachable');
	return {server, reachable: error === null, error};
}

function whyNotOurs({verified, proof}: PortFinding, own: OwnView): string | null {
	if (own.proof === null) {
		// An SSH server greeted, and nobody can prove more of it; an older checker has connected, and knows no more.
		return verified === false ? 'Wrong answer' : null;
	}

	if (verified !== undefined) {
		return proof === own.proof ? null : 'Wrong answer';
	}

	// A checker of before there were challenges. It has at least been here, if it says the truth.
	return own.wasVisited ? null : 'it says that the port is open, but nobody has come through it';
}

/**
Decides by what the port checkers that answered have found.
*/
export function decide(findings: readonly PortCheckerFinding[], quorum: Quorum): Verdict {
	const open = findings.filter(({reachable}) => reachable).length;
	const needed = quorum === 'majority' ? Math.floor(findings.length / 2) + 1 : quorum;
	if (findings.length === 0) {
		return {state: 'unknown', reason: 'no port checker answered'};
	}

	const refusals = findings.filter(({reachable}) => !reachable);
	if (open >= needed) {
		return {state: 'verified', reason: refusals.length > 0 ? describe(refusals) : null};
	}

	if (refusals.length === 0) {
		return {state: 'unknown', reason: `only ${open} of the ${needed} port checkers answered that are needed`};
	}

	const [first] = refusals;
	return open === 0
		? {state: 'unreachable', reason: first?.error ?? null}
		: {state: 'disputed', reason: describe(refusals)};
}

function describe(refusals: readonly PortCheckerFinding[]): string {
	return refusals.map(({server, error}) => `${server}: ${error}`).join('; ');
}
