import {createHmac, randomBytes} from 'node:crypto';

/** A challenge for one port checker, for one check. */
export type PortChallenge = {
	/** Hex, as it goes to the checker. */
	challenge: string;
	/** What whoever has reached that port of ours can tell. */
	proofOf(port: number): string;
	/** From now on nobody gets an answer to it. */
	withdraw(): void;
};

/** Challenges that are out, and the answers to them. */
export type PortProofs = {
	/** @param onAnswer called each time that somebody brings the challenge to a port of ours */
	issue(onAnswer: (port: number) => void): PortChallenge;
	/** Undefined for a challenge that is not out: this is no oracle for others. */
	answer(challenge: string, port: number): string | undefined;
};

/** The key lives as long as the process: a proof is worth nothing when its check is over. */
export function createPortProofs(): PortProofs {
	const key = randomBytes(32);
	const listeners = new Map<string, (port: number) => void>();
	const proofOf = (challenge: string, port: number) =>
		createHmac('sha256', key).update(`${challenge}:${port}`).digest('hex');
	return {
		issue(onAnswer) {
			const challenge = randomBytes(32).toString('hex');
			listeners.set(challenge, onAnswer);
			return {
				challenge,
				proofOf: port => proofOf(challenge, port),
				withdraw: () => void listeners.delete(challenge),
			};
		},
		answer(challenge, port) {
			const onAnswer = listeners.get(challenge);
			onAnswer?.(port);
			return onAnswer && proofOf(challenge, port);
		},
	};
}
