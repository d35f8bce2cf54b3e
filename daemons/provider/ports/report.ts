import type {PortsReport, PortVerification} from '../../../source/protocol/control.js';
import type {Resources} from '../../../source/protocol/resources.js';
import type {Firewall} from './firewall.js';
import {describePortIssues} from './issues.js';
import type {EphemeralPorts} from './occupants.js';
import type {Ports} from './ports.js';

export type PortReportFacts = {
	ports: Pick<Ports, 'statuses' | 'api' | 'usable'>;
	verification: PortVerification;
	verificationSkipped: boolean;
	publicIp: string | null;
	publicIpSource: string;
	range: {start: number; end: number};
	ownAddresses: string[];
	firewall: Firewall;
	ephemeralPorts: EphemeralPorts | undefined;
	vms: {now: number; most: number};
	available: Resources;
	minimum: Resources;
};

/** Everything about the ports, for those who look at this provider from its own machine. */
export function describePorts(facts: PortReportFacts): PortsReport {
	const {ports, verification, verificationSkipped, publicIp} = facts;
	const [api, statuses] = [ports.api(), ports.statuses()];
	return {
		verification_skipped: verificationSkipped,
		public_ip: publicIp,
		verification,
		api,
		ports: statuses,
		concurrent_vms: publicIp === null || isCutOff(api) ? 0 : countPossibleVms(facts),
		issues: describePortIssues({
			api,
			ports: statuses,
			verificationSkipped,
			publicIp,
			publicIpSource: facts.publicIpSource,
			checkers: verification.checkers,
			apiPort: api.port,
			range: facts.range,
			ownAddresses: facts.ownAddresses,
			firewall: facts.firewall,
			ephemeralPorts: facts.ephemeralPorts,
			isRoot: process.getuid?.() === 0,
		}),
	};
}

/** Has it been found that nobody reaches the API? While that is not known, it may well be reached. */
export function isCutOff({state}: {state: PortsReport['api']['state']}): boolean {
	return state === 'unreachable' || state === 'disputed';
}

/** Those that there are, and as many of the smallest as would still fit. */
function countPossibleVms({ports, vms, available, minimum}: PortReportFacts): number {
	const more = Math.min(
		Math.floor(available.cpu / minimum.cpu),
		Math.floor(available.memory / minimum.memory),
		Math.floor(available.storage / minimum.storage),
	);
	return Math.min(ports.usable().length, vms.most, vms.now + more);
}
