import * as z from 'zod';
import {command} from '../../command-line/command.js';
import {factList} from '../../command-line/text-table.js';
import {exitCodes} from '../../platform/golem-error.js';
import {localTime} from '../../platform/local-time.js';
import {vmNameSchema} from '../../protocol/vm.js';
import {confirmedId, withRequestor} from '../../requestor/requestor.js';

const definition = command({
	description: 'Show what a VM has used until now, as its provider counts it',
	args: z.tuple([vmNameSchema.describe('NAME')]),
	options: z.object({}),
	documents: ['vm-usage'],
	examples: ['golem vm usage my-vm', 'golem vm usage my-vm --json'],
	async run(context, {args: [name]}) {
		const {result, signal} = context;
		return withRequestor(context, async requestor => {
			const rental = await requestor.rental(name);
			const id = confirmedId(rental);
			const usage = await (await requestor.providerOf(rental)).usage(id, signal);
			result({...usage, name, id, provider_id: rental.provider.id}, () =>
				factList([
					...usage.vector.map((kind, index) => describeFigure(kind, usage.current_usage[index])),
					['at', localTime(usage.timestamp)],
				]),
			);
			return exitCodes.done;
		});
	},
});

/** What this version knows of the figures that a provider may count; others are told by their own names. */
const figures: Readonly<Record<string, {title: string; text: (amount: number) => string}>> = {
	'golem.usage.duration_sec': {title: 'running', text: describeDuration},
	'golem.usage.cpu_sec': {title: 'cpu time', text: describeDuration},
	'golem.usage.gib': {title: 'memory', text: amount => `${amount} GB`},
	'golem.usage.storage_gib': {title: 'storage', text: amount => `${amount} GB`},
};

function describeFigure(kind: string, amount: number | null | undefined): [string, string] {
	const known = Object.hasOwn(figures, kind) ? figures[kind] : undefined;
	const told = amount === null || amount === undefined ? undefined : amount;
	return [known?.title ?? kind, told === undefined ? 'not told' : (known?.text(told) ?? String(told))];
}

/** `2 h 5 min 3 s` */
function describeDuration(seconds: number): string {
	const hours = Math.floor(seconds / 3600);
	const minutes = Math.floor((seconds % 3600) / 60);
	const rest = seconds % 60;
	return [
		...(hours > 0 ? [`${hours} h`] : []),
		...(hours > 0 || minutes > 0 ? [`${minutes} min`] : []),
		hours > 0 || minutes > 0 ? `${Math.floor(rest)} s` : `${Number(rest.toFixed(1))} s`,
	].join(' ');
}

export const {description, args, options} = definition;
export default definition;
