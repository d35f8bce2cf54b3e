import type {PortsReport} from '../protocol/control.js';
import {loadKinds} from '../protocol/host-load.js';
import {covers, type Resources} from '../protocol/resources.js';
import {failed, type Judgement, ok} from './doctor-check.js';
import type {ProviderFigures, ProviderResources} from './doctor-facts.js';

/**
Is there room for the smallest VM, and a place for it?
@param report undefined where the provider does not tell of its ports
*/
export function judgeResources(
	{total, available, minimum}: ProviderResources,
	report: PortsReport | undefined,
): Judgement {
	const taken = report?.ports.filter(({state}) => state === 'in-use').length ?? 0;
	const places = report && Math.max(0, report.concurrent_vms - taken);
	const facts = [
		`free: ${describeAmounts(available)} (a VM takes ${minimum.cpu}, ${minimum.memory}, ${minimum.storage} at least)`,
		...(report ? [`${places} of ${report.concurrent_vms} places left`] : []),
	].join('; ');
	if (!covers(total, minimum)) {
		return failed(
			`${facts}; there are ${describeAmounts(total)} in all`,
			'Rent out more, by GOLEM_PROVIDER_OFFER_CPU_CORES, _OFFER_MEMORY_GB or _OFFER_STORAGE_GB,',
			'or allow smaller VMs, by GOLEM_PROVIDER_MIN_CPU_CORES, _MIN_MEMORY_GB or _MIN_STORAGE_GB.',
		);
	}

	if (!covers(available, minimum)) {
		return failed(facts, 'It is rented out. Wait until a VM ends, or rent out more of this machine.');
	}

	if (report && places === 0) {
		return isCutOff(report)
			? {
					...failed(facts, 'There are places as soon as requestors get through to this machine.'),
					isConsequence: true,
				}
			: failed(facts, 'Wait until a VM ends, or allow more at once: GOLEM_PROVIDER_MAX_VMS.');
	}

	return ok(facts);
}

/** Is there no place because nobody gets there? The checks of address and ports say why. */
function isCutOff({public_ip, api, ports}: PortsReport): boolean {
	return (
		public_ip === null ||
		(api.state !== 'verified' && api.state !== 'unknown') ||
		!ports.some(({state}) => state === 'verified' || state === 'in-use')
	);
}

/** Is the machine itself short of something? Then the provider takes no new VM until that has passed. */
export function judgeLoad({load: {percent, thresholds, over}}: ProviderFigures): Judgement {
	const facts = percent
		? loadKinds.map(kind => `${kind} ${percent[kind]} % (limit ${thresholds[kind]} %)`).join(', ')
		: 'not measured yet';
	return over.length === 0
		? ok(facts)
		: failed(
				`over the limit: ${over.join(', ')}; ${facts}`,
				'End what else uses this machine; new VMs are taken again when it is 5 points below.',
				`Or set another limit: ${over.map(kind => `GOLEM_PROVIDER_${kind.toUpperCase()}_THRESHOLD`).join(', ')}.`,
			);
}

function describeAmounts({cpu, memory, storage}: Resources): string {
	return `${cpu} ${cpu === 1 ? 'core' : 'cores'}, ${memory} GB memory, ${storage} GB storage`;
}
