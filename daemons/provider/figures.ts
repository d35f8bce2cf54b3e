import type {PortStatus} from '../../source/protocol/control.js';
import type {Resources} from '../../source/protocol/resources.js';
import type {Metrics} from '../host/metrics.js';
import type {HostLoadState} from './host-load.js';
import type {VmRecord} from './vm-record.js';

/** The provider's own figures, for its metrics. */
export function addFigures(
	metrics: Metrics,
	{
		vms,
		total,
		available,
		ports,
		load,
		isOffered,
	}: {
		vms: () => VmRecord[];
		total: () => Resources;
		available: () => Resources;
		ports: () => PortStatus[];
		load: () => HostLoadState;
		isOffered: () => boolean;
	},
): void {
	metrics.add({
		name: 'golem_provider_vms',
		help: 'VMs by status.',
		label: 'status',
		read: () => countBy(vms().map(({status}) => status)),
	});
	metrics.add({
		name: 'golem_provider_resources_total',
		help: 'What is rented out in all: cores, and GB of memory and storage.',
		label: 'kind',
		read: total,
	});
	metrics.add({
		name: 'golem_provider_resources_available',
		help: 'What of it is free.',
		label: 'kind',
		read: available,
	});
	metrics.add({
		name: 'golem_provider_ports',
		help: 'SSH ports by what was found of them.',
		label: 'state',
		read: () => countBy(ports().map(({state}) => state)),
	});
	metrics.add({
		name: 'golem_provider_load_percent',
		help: 'How much of the machine is in use.',
		label: 'kind',
		read: () => ({...load().percent}),
	});
	metrics.add({
		name: 'golem_provider_offered',
		help: '1 while there is something to rent.',
		read: () => Number(isOffered()),
	});
}

function countBy(values: readonly string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const value of values) {
		counts[value] = (counts[value] ?? 0) + 1;
	}

	return counts;
}
