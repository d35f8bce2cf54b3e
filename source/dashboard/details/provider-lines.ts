import {sparklineText} from '../../components/sparkline.js';
import {localTime} from '../../platform/local-time.js';
import type {Resources} from '../../protocol/resources.js';
import type {DirectoryEntry} from '../../requestor/provider-directory.js';
import {addressOf} from '../../requestor/requestor.js';
import type {Line} from '../screen/lines.js';
import {dim, facts, heading} from './facts.js';

/** What a provider had free, each time that it said so. */
export type FreeOverTime = readonly Resources[];

const told = new Set([
	'provider_id',
	'ip_address',
	'port',
	'country',
	'resources',
	'name',
	'images',
	'over_threshold',
	'timestamp',
	'signature',
	'created_at',
	'updated_at',
]);

/** All that a provider advertises, and whether it was the provider that did. */
export function providerLines(
	{advertisement, isGenuine}: DirectoryEntry,
	history: FreeOverTime,
	width: number,
): Line[] {
	const {resources, name, country, images, over_threshold, timestamp, updated_at} = advertisement;
	const others = Object.entries(advertisement).filter(([key]) => !told.has(key));
	const signature =
		isGenuine === undefined
			? ['not looked at yet', 'yellow']
			: isGenuine
				? ['the provider’s own', 'green']
				: ['FORGED: not the provider’s; nothing is rented there', 'red'];
	return [
		...heading(`Provider ${name ?? advertisement.provider_id}`),
		...facts([
			['id', advertisement.provider_id],
			['address', `${advertisement.ip_address}:${addressOf(advertisement).port}`],
			['country', country],
			['signature', signature[0], signature[1]],
			['said at', localTime(timestamp)],
			['heard at', updated_at && localTime(updated_at)],
			['images', images?.join(', ')],
			['short of', over_threshold?.join(', '), 'yellow'],
			...others.map(([key, value]) => [key.replaceAll('_', ' '), JSON.stringify(value)] as const),
		]),
		...heading('Free'),
		...facts([
			['cores', String(resources.cpu)],
			['memory', `${resources.memory} GB`],
			['disk', `${resources.storage} GB`],
		]),
		...heading('Free since the dashboard was opened'),
		...(history.length < 2
			? [dim('it has said nothing else since')]
			: overTime(history, Math.max(8, Math.min(60, width - 20)))),
	];
}

function overTime(history: FreeOverTime, width: number): Line[] {
	return (['cpu', 'memory', 'storage'] as const).map((kind): Line => {
		const values = history.map(resources => resources[kind]);
		return [
			{text: `  ${kind.padEnd(10)}`, style: {dimColor: true}},
			{text: sparklineText(values, width, {lowest: 0}), style: {color: 'cyan'}},
			{text: ` ${values.at(-1) ?? 0}`},
		];
	});
}
