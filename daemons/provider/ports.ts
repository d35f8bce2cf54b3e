import net from 'node:net';
import {checkPorts} from '../../source/client/port-checker-client.js';
import type {Log} from '../../source/platform/log.js';
import type {PortStatus} from '../../source/protocol/control.js';
import type {PortCheckResult} from '../../source/protocol/port-check.js';

export type PortsOptions = {
	host: string;
	/** Every port of the range. */
	ports: readonly number[];
	servers: readonly string[];
	skipVerification: boolean;
	log: Log;
	onChange: () => void;
};

/** Which ports requestors can reach. */
export type Ports = {
	/** Opens what can be opened, has it tried from outside, and keeps what was found. @param inUse asked before and after */
	verify(publicIp: string, inUse: () => ReadonlyMap<number, string>, signal: AbortSignal): Promise<void>;
	/** Lets go of a port that is being tried out, for the VM that got it. */
	release(port: number): void;
	/** In ascending order. */
	verified(): number[];
	/** @param inUse ports that carry a VM now, each with its id; as at the last verification where nothing is said */
	statuses(inUse?: ReadonlyMap<number, string>): PortStatus[];
};

export function createPorts({host, ports, servers, skipVerification, log, onChange}: PortsOptions): Ports {
	let statuses = new Map<number, PortStatus>(
		ports.map(port => [
			port,
			{port, state: 'unknown', reason: 'not checked yet', vm_id: null, checked_at: null},
		]),
	);

	let listeners = new Map<number, net.Server | undefined>();
	let released = new Set<number>();

	return {
		async verify(publicIp, inUse, signal) {
			const inUseBefore = inUse();
			released = new Set();
			const opened = await openListeners(
				host,
				ports.filter(port => !inUseBefore.has(port)),
			);
			listeners = opened;
			for (const port of released) {
				await closeListener(opened.get(port));
			}

			try {
				const candidates = [...opened].filter(([, listener]) => listener !== undefined).map(([port]) => port);
				const answers = skipVerification ? [] : await askAll(servers, publicIp, candidates, log, signal);
				const checked_at = new Date().toISOString();
				const inUseNow = inUse();
				statuses = new Map(
					ports.map(port => {
						const before = statuses.get(port);
						if (before && released.has(port)) {
							// It was taken away while it was tried out, so nothing new is known of it.
							return [port, before];
						}

						const vmId = inUseNow.get(port) ?? null;
						const judged = vmId
							? {state: 'in-use' as const, reason: null}
							: opened.get(port) === undefined
								? {state: 'occupied' as const, reason: 'another program on this machine has it'}
								: skipVerification
									? {state: 'verified' as const, reason: 'not checked: verification is switched off'}
									: judge(port, answers);
						return [port, {port, ...judged, vm_id: vmId, checked_at}];
					}),
				);
			} finally {
				await Promise.all([...opened.values()].map(closeListener));
			}

			const verified = [...statuses.values()].filter(({state}) => state === 'verified').length;
			log.info({verified, of: ports.length, public_ip: publicIp}, 'ports verified');
			onChange();
		},
		release(port) {
			released.add(port);
			listeners.get(port)?.close();
		},
		// A port that carried a VM was reachable when it was handed out, and is so again when that VM is gone.
		verified: () =>
			[...statuses.values()]
				.filter(({state}) => state === 'verified' || state === 'in-use')
				.map(({port}) => port),
		statuses: inUse =>
			[...statuses.values()].map(status => {
				if (inUse === undefined) {
					return status;
				}

				const vm_id = inUse.get(status.port) ?? null;
				if (vm_id !== null) {
					return {...status, state: 'in-use', reason: null, vm_id};
				}

				// Its VM is gone since; what was handed out had been verified.
				return status.state === 'in-use' ? {...status, state: 'verified', vm_id} : status;
			}),
	};
}

/** The majority of the checkers that answered decides. */
function judge(port: number, answers: readonly PortCheckResult[]): Pick<PortStatus, 'state' | 'reason'> {
	const votes = answers.flatMap(({results}) => results[String(port)] ?? []);
	const open = votes.filter(({accessible}) => accessible).length;
	if (votes.length === 0) {
		return {state: 'unknown', reason: 'no port checker answered'};
	}

	if (open * 2 > votes.length) {
		return {state: 'verified', reason: null};
	}

	const reason = votes.find(({error}) => error !== null)?.error ?? 'not reachable';
	return open === 0 ? {state: 'unreachable', reason} : {state: 'disputed', reason};
}

async function askAll(
	servers: readonly string[],
	publicIp: string,
	ports: number[],
	log: Log,
	signal: AbortSignal,
): Promise<PortCheckResult[]> {
	if (ports.length === 0) {
		return [];
	}

	const answers = await Promise.allSettled(
		servers.map(url => checkPorts(url, {provider_ip: publicIp, ports}, signal)),
	);
	return answers.flatMap((answer, index) => {
		if (answer.status === 'fulfilled') {
			return [answer.value];
		}

		log.warn({server: servers[index], err: answer.reason}, 'a port checker did not answer');
		return [];
	});
}

/** A listener for each port, or undefined where it cannot be opened. */
async function openListeners(
	host: string,
	ports: readonly number[],
): Promise<Map<number, net.Server | undefined>> {
	const opened = await Promise.all(
		ports.map(async port => {
			const server = net.createServer(socket => {
				socket.on('error', () => {});
				socket.end();
			});
			const isOpen = await new Promise<boolean>(resolve => {
				server.once('error', () => resolve(false));
				server.listen(port, host, () => resolve(true));
			});
			return [port, isOpen ? server : undefined] as const;
		}),
	);
	return new Map(opened);
}

async function closeListener(server: net.Server | undefined): Promise<void> {
	await new Promise<void>(resolve => {
		if (server) {
			server.close(() => resolve());
		} else {
			resolve();
		}
	});
}
