import type {PortIssue, PortStatus, PortVerification} from '../../../source/protocol/control.js';
import {causeOf, groupBy, writeAll, writeCauses} from './causes.js';
import {reachFixes, type Surroundings, type Unreached, writeRange} from './fixes.js';
import {type EphemeralPorts, oneLine} from './occupants.js';
import {describeOccupied} from './occupied-issue.js';

/** All that is known about a provider's ports, and about where they are. */
export type PortFacts = Surroundings & {
	api: PortStatus;
	/** Those of the range. */
	ports: readonly PortStatus[];
	verificationSkipped: boolean;
	/** What each port checker said the last time. */
	checkers: PortVerification['checkers'];
	apiPort: number;
	/** The end is not in it. */
	range: {start: number; end: number};
	/** Where the system tells. */
	ephemeralPorts?: EphemeralPorts | undefined;
};

const page = 'docs/hosting.md';

/** What keeps requestors away and what helps, the critical first, each kind of trouble once. */
export function describePortIssues(facts: PortFacts): PortIssue[] {
	const issues = [
		publicIpUnknown(facts),
		noChecker(facts),
		apiUnreachable(facts),
		portsUnreachable(facts),
		vmPortsUnreachable(facts),
		portsDisputed(facts),
		describeOccupied(facts),
		verificationSkipped(facts),
	].filter(issue => issue !== undefined);
	const isCritical = ({severity}: PortIssue) => severity === 'critical';
	return [...issues.filter(isCritical), ...issues.filter(issue => !isCritical(issue))];
}

function publicIpUnknown({publicIp, publicIpSource}: PortFacts): PortIssue | undefined {
	return publicIp === null
		? {
				code: 'public-ip-unknown',
				severity: 'critical',
				message: `Nobody has told this machine’s public address (${oneLine(publicIpSource)}).`,
				fixes: [
					'Check that this machine has the internet, and that it can ask the port checkers.',
					'Or say which address requestors connect to: GOLEM_PROVIDER_PUBLIC_IP.',
				],
				docs: `${page}#the-public-address`,
			}
		: undefined;
}

function noChecker({api, ports, checkers, verificationSkipped}: PortFacts): PortIssue | undefined {
	const hasNobodyAnswered = checkers.length > 0 && checkers.every(({state}) => state === 'failed');
	const isUndecided = [api, ...ports].some(
		({state, reason}) => state === 'unknown' && /port checkers? answered/.test(reason ?? ''),
	);
	if (verificationSkipped || !(hasNobodyAnswered || isUndecided)) {
		return undefined;
	}

	const failures = checkers.flatMap(({server, state, error}) =>
		state === 'failed' ? [`${oneLine(server)}: ${oneLine(error ?? 'no answer').replace(/\.$/, '')}`] : [],
	);
	const who = checkers.some(({state}) => state === 'answered') ? 'Too few port checkers' : 'No port checker';
	return {
		code: 'no-checker',
		severity: hasUsable(ports) ? 'warning' : 'critical',
		message: `${who} answered${failures.length > 0 ? ` (${failures.join('; ')})` : ''}.`,
		fixes: [
			'Wait: golem asks again by itself. If it stays so, see that this machine may connect to the port checkers.',
			'Or name others that you trust, with commas between them: GOLEM_PROVIDER_PORT_CHECK_SERVERS.',
		],
		docs: `${page}#no-port-checker-answers`,
	};
}

function apiUnreachable(facts: PortFacts): PortIssue | undefined {
	const {api, publicIp} = facts;
	return api.state === 'unreachable'
		? {
				code: 'api-unreachable',
				severity: 'critical',
				message: `Requestors cannot reach golem’s API at ${publicIp ?? 'this machine'}: ${writeCauses([api])}.`,
				fixes: reachFixes(unreached([api], {first: api.port, last: api.port}), facts),
				docs: `${page}#forward-the-ports-on-a-router`,
			}
		: undefined;
}

function portsUnreachable(facts: PortFacts): PortIssue | undefined {
	const closed = facts.ports.filter(({state}) => state === 'unreachable');
	return closed.length > 0
		? {
				code: 'ports-unreachable',
				severity: hasUsable(facts.ports) ? 'warning' : 'critical',
				message: `Requestors cannot reach ports for VMs at ${facts.publicIp ?? 'this machine'}: ${writeCauses(closed)}.`,
				fixes: reachFixes(unreached(closed, wholeRange(facts)), facts),
				docs: `${page}#forward-the-ports-on-a-router`,
			}
		: undefined;
}

function vmPortsUnreachable(facts: PortFacts): PortIssue | undefined {
	const cutOff = facts.ports.filter(({state, reason}) => state === 'in-use' && reason !== null);
	return cutOff.length > 0
		? {
				code: 'vm-ports-unreachable',
				severity: 'critical',
				message: `Rented VMs cannot be reached any more: ${writeCauses(cutOff)}.`,
				fixes: reachFixes(unreached(cutOff, wholeRange(facts)), facts),
				docs: `${page}#ports-that-carry-a-vm`,
			}
		: undefined;
}

function portsDisputed({api, ports}: PortFacts): PortIssue | undefined {
	const disputed = [api, ...ports].filter(({state}) => state === 'disputed');
	if (disputed.length === 0) {
		return undefined;
	}

	// Ports of which each checker says the same are told together.
	const opinions = groupBy(disputed, ({findings, reason}) =>
		findings.length > 0
			? findings
					.map(({server, reachable, error}) =>
						oneLine(`${server} ${reachable ? 'reaches it' : `does not (${error ?? 'no reason given'})`}`),
					)
					.join(', ')
			: oneLine(reason ?? 'who says what is not known'),
	);
	const told = [...opinions].map(([opinion, statuses]) => `TCP ${writeAll(statuses)} (${opinion})`);
	return {
		code: 'ports-disputed',
		severity: api.state === 'disputed' || !hasUsable(ports) ? 'critical' : 'warning',
		message: `The port checkers disagree: ${told.join('; ')}.`,
		fixes: [
			'See that no firewall, router or hoster lets in only some countries or networks, or slows down who comes often.',
			'$ golem provider verify',
		],
		docs: `${page}#port-checkers-disagree`,
	};
}

function verificationSkipped({verificationSkipped, ...facts}: PortFacts): PortIssue | undefined {
	return verificationSkipped
		? {
				code: 'verification-skipped',
				severity: 'warning',
				message: `Nobody has checked that requestors reach TCP ${facts.apiPort} and ${writeRange(wholeRange(facts))}: verification is switched off.`,
				fixes: ['Have it checked: take GOLEM_PROVIDER_SKIP_PORT_VERIFICATION out of your settings.'],
				docs: `${page}#skip-the-verification`,
			}
		: undefined;
}

function hasUsable(ports: readonly PortStatus[]): boolean {
	return ports.some(({state, reason}) => state === 'verified' || (state === 'in-use' && reason === null));
}

function wholeRange({range}: Pick<PortFacts, 'range'>) {
	return {first: range.start, last: range.end - 1};
}

function unreached(statuses: readonly PortStatus[], toOpen: Unreached['toOpen']): Unreached {
	return {ports: statuses.map(({port}) => port), causes: new Set(statuses.map(causeOf)), toOpen};
}
