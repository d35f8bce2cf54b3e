import {sparklineText} from '../../components/sparkline.js';
import {duration} from '../../hosting/ports-text.js';
import {localTime} from '../../platform/local-time.js';
import {percent, sizeText, sshAddress, statusColor} from '../columns.js';
import type {UsageSample, VmView} from '../picture.js';
import type {Line} from '../screen/lines.js';
import {bytes, clock, dim, facts, heading, plain} from './facts.js';

/** News as old as this is as good as new. */
const newsMs = 15_000;
const labelWidth = 12;
const valueWidth = 14;

/** All about one VM. */
export function vmLines(vm: VmView, width: number, now: number): Line[] {
	const {rental, status} = vm;
	return [
		...heading(`VM ${vm.name}`),
		...facts([
			['state', vm.stage ? `${status}: ${vm.stage}` : status, statusColor(status)],
			['as of', freshness(vm, now)],
			['error', vm.error, 'red'],
			['size', `${sizeText(rental.resources)} (cores, memory, disk)`],
			['image', vm.vm?.image ?? rental.image],
			['id', rental.vm_id ?? 'not confirmed by its provider'],
			['created', localTime(rental.created_at)],
		]),
		...heading('Access'),
		...facts([
			['ssh', sshAddress(vm)],
			['user', rental.access?.ssh_user],
			[
				'host keys',
				rental.access ? `${rental.access.ssh_host_keys.length}, pinned when it was rented` : undefined,
			],
			['command', `golem vm ssh ${vm.name}`],
			['provider', rental.provider.id],
			['at', `${rental.provider.host}:${rental.provider.port}`],
		]),
		...heading('Live'),
		...usageLines(vm, width),
		...heading('What happened'),
		...(vm.happenings.length === 0
			? [dim('nothing since the dashboard was opened')]
			: vm.happenings.toReversed().map(({at, text}) => plain(`${clock(at)}  ${text}`))),
	];
}

/** How sure it is that all of this is so now. */
export function freshness({isLive, heardAt}: VmView, now: number): string {
	return isLive ? 'now' : heardAt === undefined ? 'never heard of' : ageText(heardAt, now);
}

export function ageText(at: number, now: number): string {
	return now - at < newsMs ? 'now' : agoText(at, now);
}

/** Of what has not been confirmed since, however new it is. */
export function agoText(at: number, now: number): string {
	return `${duration(now - at)} ago`;
}

function usageLines({usage, status}: VmView, width: number): Line[] {
	const last = usage.at(-1);
	if (!last) {
		return [
			dim(status === 'running' ? 'its provider tells nothing of that yet' : `nothing: it is ${status}`),
		];
	}

	const lineWidth = Math.max(8, Math.min(60, width - labelWidth - valueWidth - 4));
	const series = (
		label: string,
		value: string,
		values: ReadonlyArray<number | undefined>,
		bounds: {lowest?: number; highest?: number} = {lowest: 0},
	): Line => [
		{text: `  ${label.padEnd(labelWidth)}`, style: {dimColor: true}},
		{text: sparklineText(values, lineWidth, bounds), style: {color: 'cyan'}},
		{text: ` ${value}`},
	];
	const disk = rates(usage, sample => sum(sample.disk_read_bytes, sample.disk_written_bytes));
	const network = rates(usage, sample => sum(sample.network_in_bytes, sample.network_out_bytes));
	return [
		series(
			'CPU',
			percent(last.cpu_percent),
			usage.map(({cpu_percent}) => cpu_percent ?? undefined),
			{
				lowest: 0,
				highest: 100,
			},
		),
		series(
			'memory',
			last.memory_bytes === null ? '-' : bytes(last.memory_bytes),
			usage.map(({memory_bytes}) => memory_bytes ?? undefined),
		),
		series('disk', rateText(disk.at(-1)), disk),
		series('network', rateText(network.at(-1)), network),
		...(last.storage_bytes === null
			? []
			: [dim(`its disk takes ${bytes(last.storage_bytes)} on the provider`)]),
	];
}

/** Bytes a second between each two samples. */
function rates(
	usage: readonly UsageSample[],
	total: (sample: UsageSample) => number | undefined,
): Array<number | undefined> {
	return usage.slice(1).map((sample, index) => {
		const before = usage[index];
		const [from, to] = [before && total(before), total(sample)];
		const seconds = before ? (Date.parse(sample.at) - Date.parse(before.at)) / 1000 : 0;
		return from === undefined || to === undefined || seconds <= 0
			? undefined
			: Math.max(0, (to - from) / seconds);
	});
}

function sum(one: number | null, other: number | null): number | undefined {
	return one === null && other === null ? undefined : (one ?? 0) + (other ?? 0);
}

function rateText(rate: number | undefined): string {
	return rate === undefined ? '-' : `${bytes(rate)}/s`;
}
