import {checkPorts} from '../../../source/client/port-checker-client.js';
import {GolemError} from '../../../source/platform/golem-error.js';
import type {Log} from '../../../source/platform/log.js';
import type {PortCheckerFinding, PortVerification} from '../../../source/protocol/control.js';
import {maximumPortsPerCheck, type PortFinding} from '../../../source/protocol/port-check.js';
import type {PortProofs} from './proof.js';
import {weigh} from './verdict.js';

/** How far a port checker has come. */
export type CheckerProgress = PortVerification['checkers'][number];

export type PortQuestion = {
	publicIp: string;
	/** All that are to be tried. */
	ports: readonly number[];
	/** Those of them that carry a VM, and prove nothing. */
	carrying: ReadonlySet<number>;
	/** The provider's API, if it is one of them. */
	apiPort: number | undefined;
	wasVisited: (port: number) => boolean;
	/** Called when one has reached one more port, and when one is done. */
	onProgress: (progress: readonly CheckerProgress[], reached: ReadonlyArray<ReadonlySet<number>>) => void;
	signal: AbortSignal;
};

/**
Asks all port checkers at once.
@returns for each port what those found that answered
*/
export async function askPortCheckers(
	servers: readonly string[],
	question: PortQuestion,
	{proofs, log}: {proofs: PortProofs; log: Log},
): Promise<Map<number, PortCheckerFinding[]>> {
	const progress = servers.map(
		(server): CheckerProgress => ({server, state: 'asked', reached: 0, error: null}),
	);
	const reached = servers.map(() => new Set<number>());
	const answers = servers.map((): ReadonlyMap<number, PortCheckerFinding> => new Map());
	const tell = () => question.onProgress([...progress], reached);
	tell();
	await Promise.all(
		servers.map(async (server, index) => {
			const own = reached[index] ?? new Set();
			const settle = (change: Partial<CheckerProgress>) => {
				progress[index] = {server, state: 'asked', error: null, reached: own.size, ...change};
				tell();
			};
			const onReached = (port: number) => {
				own.add(port);
				settle({});
			};
			try {
				const answer = await askOne(server, question, proofs, onReached);
				answers[index] = answer;
				const open = [...answer.values()].filter(({reachable}) => reachable).length;
				log.info({server, reached: open, of: question.ports.length}, 'a port checker answered');
				settle({state: 'answered', reached: open});
			} catch (error) {
				question.signal.throwIfAborted();
				log.warn({server, err: error}, 'a port checker did not answer');
				settle({state: 'failed', error: describeFailure(error)});
			}
		}),
	);
	return new Map(question.ports.map(port => [port, answers.flatMap(answer => answer.get(port) ?? [])]));
}

/** One checker takes so many ports at a time, so a wide range is asked about piece by piece. */
async function askOne(
	server: string,
	question: PortQuestion,
	proofs: PortProofs,
	onReached: (port: number) => void,
): Promise<Map<number, PortCheckerFinding>> {
	const {publicIp, ports, carrying, apiPort, wasVisited, signal} = question;
	const {challenge, proofOf, withdraw} = proofs.issue(onReached);
	const provable = ports.filter(port => port !== apiPort && !carrying.has(port));
	// Whoever calls on the API leaves no trace; one that has called on no other port has not been there either.
	const hasCome = (port: number) =>
		port === apiPort ? provable.length === 0 || provable.some(wasVisited) : wasVisited(port);
	const findings = new Map<number, PortCheckerFinding>();
	try {
		for (let start = 0; start < ports.length; start += maximumPortsPerCheck) {
			const some = ports.slice(start, start + maximumPortsPerCheck);
			const {results} = await checkPorts(
				server,
				{
					provider_ip: publicIp,
					ports: some,
					challenge,
					...(apiPort !== undefined && some.includes(apiPort) ? {api_port: apiPort} : {}),
				},
				signal,
			);
			for (const [port, found] of some.flatMap((candidate): Array<[number, PortFinding]> => {
				const result = results[String(candidate)];
				return result ? [[candidate, result]] : [];
			})) {
				const proof = carrying.has(port) ? null : proofOf(port);
				findings.set(port, weigh(server, found, {proof, wasVisited: hasCome(port)}));
			}
		}

		return findings;
	} finally {
		withdraw();
	}
}

function describeFailure(error: unknown): string {
	return error instanceof GolemError ? error.message : 'It could not be asked.';
}
