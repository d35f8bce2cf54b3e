import {daemonState, since, statusColor} from '../columns.js';
import type {DaemonView} from '../picture.js';
import type {Line} from '../screen/lines.js';
import {dim, facts, heading} from './facts.js';

const shownAbove = new Set(['name', 'pid', 'version', 'started_at', 'listening', 'healthy', 'busy_with']);

const silenceWords: Readonly<Record<DaemonView['state'], string>> = {
	asking: 'it has not answered yet',
	up: 'up',
	down: 'down',
	lost: 'it has ended without being asked to',
};

/** All that a daemon says of itself. */
export function daemonLines(daemon: DaemonView, lastLook: number): Line[] {
	const {name, state, status, error, heardAt} = daemon;
	// Times are looked at less often than daemons tell of themselves.
	const now = Math.max(lastLook, heardAt ?? 0);
	if (state !== 'up' || !status) {
		return [
			...heading(`The ${name}`),
			...facts([
				['state', silenceWords[state], statusColor(state)],
				['error', error, 'red'],
				[
					'last heard',
					heardAt === undefined ? undefined : `${since(new Date(heardAt).toISOString(), now)} ago`,
				],
			]),
			...(state === 'asking' ? [] : [dim(`Start it with: golem ${name} --detach`)]),
		];
	}

	const figures = Object.entries(status).filter(([key]) => !shownAbove.has(key));
	return [
		...heading(`The ${name}`),
		...facts([
			['state', daemonState(daemon), statusColor(state)],
			['busy with', status.busy_with.join(', ')],
			['listening', status.listening],
			['pid', String(status.pid)],
			['version', status.version],
			['up', since(status.started_at, now)],
		]),
		...heading('Figures'),
		...facts(figures.map(([key, value]) => [key.replaceAll('_', ' '), describe(value)] as const)),
	];
}

/** `cpu 2, memory 18`: nested figures on one line. */
function describe(value: unknown): string {
	if (Array.isArray(value)) {
		return value.map(describe).join('; ');
	}

	if (typeof value === 'object' && value !== null) {
		return Object.entries(value)
			.map(([key, part]) => `${key.replaceAll('_', ' ')} ${describe(part)}`)
			.join(', ');
	}

	return value === null ? '-' : String(value);
}
