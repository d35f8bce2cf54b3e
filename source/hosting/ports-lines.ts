import {printable} from '../platform/printable.js';
import type {PortsReport} from '../protocol/control.js';
import {
	addressLine,
	checkerLine,
	count,
	issueLines,
	phaseWords,
	readiness,
	resultLine,
} from './ports-text.js';
import type {ProviderStatus} from './provider-status.js';

/** What is known of a provider at one moment. */
export type ProviderView = {
	report: PortsReport | undefined;
	status: ProviderStatus | undefined;
};

/**
Tells a verification as lines, each thing once: what was told is told again only when it has changed.
@returns a function from what is known now to the lines that are new
*/
export function createNarrator(): (view: ProviderView) => string[] {
	const told = new Map<string, string>();
	return view => {
		const facts = factsOf(view);
		if (view.report?.verification.phase === 'done') {
			// One that is mended is news when it comes again.
			for (const topic of [...told.keys()].filter(known => known.startsWith('issue ') && !facts.has(known))) {
				told.delete(topic);
			}
		}

		const fresh = [...facts].filter(([topic, text]) => told.get(topic) !== text);
		for (const [topic, text] of fresh) {
			told.set(topic, text);
		}

		return fresh.flatMap(([, text]) => text.split('\n').map(printable));
	};
}

/** What there is to tell, in order, each by its topic. */
function factsOf({report, status}: ProviderView): Map<string, string> {
	const facts = new Map<string, string>();
	// Report and status come by ways of their own; only together they tell whose word the address is.
	if (!report || !status || (report.public_ip !== null && status.public_ip !== report.public_ip)) {
		return facts;
	}

	const {verification, public_ip, issues} = report;
	const {phase, started_at, finished_at, checkers, total} = verification;
	if (public_ip !== null) {
		facts.set('address', addressLine(public_ip, status.public_ip_source));
	}

	// Before that, the port checkers are still those of the verification before.
	if ((phase === 'outside' || phase === 'done') && checkers.length > 0) {
		facts.set(`trying ${started_at}`, phaseWords({...verification, phase: 'outside'}));
		for (const checker of checkers.filter(({state}) => state !== 'asked')) {
			facts.set(`checker ${started_at} ${checker.server}`, checkerLine(checker, total));
		}
	}

	if (phase !== 'done') {
		return facts;
	}

	facts.set(`result ${finished_at}`, resultLine(report));
	facts.set('ready', readiness(report, status.not_offered_because).text);
	for (const issue of issues) {
		facts.set(`issue ${issue.code} ${issue.message}`, issueLines(issue).join('\n'));
	}

	if (status.vms !== undefined && status.vms > 0) {
		facts.set('vms', `${count(status.vms, 'VM')} here`);
	}

	return facts;
}
