import * as z from 'zod';
import type {DaemonStatus} from '../protocol/control.js';

const figuresSchema = z.object({
	vms: z.number().optional().catch(undefined),
	offered: z.boolean().optional().catch(undefined),
	not_offered_because: z.array(z.string()).catch([]),
	advertisements: z.number().optional().catch(undefined),
	checks: z.number().optional().catch(undefined),
	ports_checked: z.number().optional().catch(undefined),
});

/** What a daemon does, in a few words. One of another version may tell less. */
export function mainFigure(status: DaemonStatus): string {
	const [busy] = status.busy_with;
	if (busy !== undefined) {
		return busy;
	}

	const figures = figuresSchema.parse(status);
	switch (status.name) {
		case 'provider':
			return `${plural(figures.vms ?? 0, 'VM')}, ${figures.offered ? 'offered' : `not offered: ${figures.not_offered_because[0] ?? 'no reason told'}`}`;
		case 'discovery':
			return plural(figures.advertisements ?? 0, 'advertisement');
		default:
			return `${plural(figures.checks ?? 0, 'check')}, ${plural(figures.ports_checked ?? 0, 'port')}`;
	}
}

function plural(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
