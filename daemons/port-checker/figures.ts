import {GolemError} from '../../source/platform/golem-error.js';
import type {PortFinding} from '../../source/protocol/port-check.js';
import type {Metrics} from '../host/metrics.js';

/** What a port checker has done since it started. */
export type Figures = {
	checked(findings: Iterable<PortFinding>, durationMs: number): void;
	/** Counts an error that a check was refused with, as far as it is one. */
	refused(error: unknown): void;
	status(): Record<string, number>;
};

const refusalCodes = ['PORT_001', 'PORT_004', 'RATE_001', 'SRV_002'] as const;

/** @param openSockets how many there are at the moment */
export function createFigures(openSockets: () => number): Figures & {addTo(metrics: Metrics): void} {
	const counts = {checks: 0, seconds: 0, tried: 0, open: 0, verified: 0};
	const refusals = new Map<string, number>(refusalCodes.map(code => [code, 0]));
	return {
		checked(findings, durationMs) {
			counts.checks += 1;
			counts.seconds += durationMs / 1000;
			for (const {accessible, proof} of findings) {
				counts.tried += 1;
				counts.open += Number(accessible);
				counts.verified += Number(typeof proof === 'string');
			}
		},
		refused(error) {
			const code = error instanceof GolemError ? error.code : '';
			const count = refusals.get(code);
			if (count !== undefined) {
				refusals.set(code, count + 1);
			}
		},
		status: () => ({
			checks: counts.checks,
			checks_refused: [...refusals.values()].reduce((sum, count) => sum + count, 0),
			ports_checked: counts.tried,
			ports_open: counts.open,
			ports_verified: counts.verified,
			sockets_open: openSockets(),
		}),
		addTo: metrics => addTo(metrics, {counts, refusals, openSockets}),
	};
}

function addTo(
	metrics: Metrics,
	{
		counts,
		refusals,
		openSockets,
	}: {
		counts: Readonly<Record<'checks' | 'seconds' | 'tried' | 'open' | 'verified', number>>;
		refusals: ReadonlyMap<string, number>;
		openSockets: () => number;
	},
): void {
	for (const [name, help, read] of [
		['checks', 'Checks that were done.', () => counts.checks],
		['check_seconds', 'Seconds that they took, all together.', () => counts.seconds],
		['ports_tried', 'Ports that were tried.', () => counts.tried],
		['ports_open', 'Ports that were found open.', () => counts.open],
		['ports_verified', 'Ports of which a proof came back.', () => counts.verified],
	] as const) {
		metrics.add({name: `golem_port_checker_${name}_total`, help, type: 'counter', read});
	}

	metrics.add({
		name: 'golem_port_checker_checks_refused_total',
		help: 'Checks that were refused, by error code.',
		type: 'counter',
		label: 'code',
		read: () => Object.fromEntries(refusals),
	});
	metrics.add({
		name: 'golem_port_checker_sockets_open',
		help: 'Sockets to ports that are open now.',
		read: openSockets,
	});
}
