import type {GridCell} from '../components/port-grid.js';
import type {Span, TextStyle} from '../components/text-line.js';
import type {PortIssue, PortState, PortStatus, PortsReport, PortVerification} from '../protocol/control.js';

/** What a port is shown as: its state, or that it is being tried just now. */
export type PortLook = PortState | 'checking';

/** Symbol, its likeness in ASCII, colour and words of each: readable without colours, and without symbols. */
export const portLooks: Readonly<
	Record<PortLook, {symbol: string; ascii: string; style: TextStyle; words: string}>
> = {
	verified: {symbol: '●', ascii: 'o', style: {color: 'green'}, words: 'verified'},
	'in-use': {symbol: '■', ascii: '#', style: {color: 'blue'}, words: 'in use'},
	unreachable: {symbol: '✗', ascii: 'x', style: {color: 'red'}, words: 'unreachable'},
	occupied: {symbol: '▲', ascii: '^', style: {color: 'yellow'}, words: 'occupied'},
	disputed: {symbol: '≠', ascii: '!', style: {color: 'magenta'}, words: 'disputed'},
	unknown: {symbol: '·', ascii: '.', style: {dimColor: true}, words: 'unknown'},
	checking: {symbol: '…', ascii: '~', style: {color: 'cyan'}, words: 'being checked'},
};

/** The marks of a drawing, for terminals with and without Unicode. */
export type Glyphs = {
	port(look: PortLook): string;
	good: string;
	bad: string;
	warning: string;
	more: string;
	dash: string;
	separator: string;
	bar: {full: string; empty: string};
};

export function glyphs(isUnicode: boolean): Glyphs {
	return isUnicode
		? {
				port: look => portLooks[look].symbol,
				good: '✓',
				bad: '✗',
				warning: '▲',
				more: '…',
				dash: '–',
				separator: '·',
				bar: {full: '█', empty: '░'},
			}
		: {
				port: look => portLooks[look].ascii,
				good: '+',
				bad: 'x',
				warning: '!',
				more: '...',
				dash: '-',
				separator: '|',
				bar: {full: '#', empty: '-'},
			};
}

/** Does this terminal show more than ASCII? Only one that says otherwise does not. */
export function showsUnicode(environment: NodeJS.ProcessEnv): boolean {
	// Each wins over those behind it, if it is not empty (POSIX).
	const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || '';
	return environment['TERM'] !== 'linux' && (locale === '' || /utf-?8/i.test(locale));
}

export function lookOf({state, is_checking}: Pick<PortStatus, 'state' | 'is_checking'>): PortLook {
	return is_checking ? 'checking' : state;
}

/** The ports for a grid. */
export function portCells(ports: readonly PortStatus[], {port: mark}: Glyphs): GridCell[] {
	return ports.map(port => {
		const look = lookOf(port);
		return {label: String(port.port), symbol: mark(look), style: portLooks[look].style};
	});
}

/** How many look how; none that is not there. */
function countLooks(ports: readonly PortStatus[]): Array<{look: PortLook; count: number}> {
	return (Object.keys(portLooks) as PortLook[])
		.map(look => ({look, count: ports.filter(port => lookOf(port) === look).length}))
		.filter(({count}) => count > 0);
}

/** `● 98 verified  ✗ 2 unreachable`. */
export function portLegend(ports: readonly PortStatus[], {port: mark}: Glyphs): Span[] {
	return countLooks(ports).flatMap(({look, count}, index) => [
		...(index > 0 ? [{text: '  '}] : []),
		{text: mark(look), style: portLooks[look].style},
		{text: ` ${count} ${portLooks[look].words}`},
	]);
}

/** `… and 700 more: 690 verified, 10 unreachable`. */
export function describeHiddenPorts(hidden: readonly PortStatus[], {more}: Glyphs): string {
	const counts = countLooks(hidden).map(({look, count}) => `${count} ${portLooks[look].words}`);
	return `${more} and ${hidden.length} more: ${counts.join(', ')}`;
}

/**
`50800–50802, 50805`: neighbours in one.
@param ports in ascending order
@param most how many ranges are told before `and 7 more`
*/
export function portRanges(
	ports: readonly number[],
	{most = Number.POSITIVE_INFINITY, dash = '–'}: {most?: number; dash?: string} = {},
): string {
	const ranges: Array<{first: number; last: number}> = [];
	for (const port of ports) {
		const open = ranges.at(-1);
		if (open && port === open.last + 1) {
			open.last = port;
		} else {
			ranges.push({first: port, last: port});
		}
	}

	const told = ranges.slice(0, most);
	const rest = ranges.slice(most).reduce((sum, {first, last}) => sum + last - first + 1, 0);
	const texts = told.map(({first, last}) => {
		// Two neighbours are no range to anybody.
		const between = last === first + 1 ? ', ' : dash;
		return first === last ? String(first) : `${first}${between}${last}`;
	});
	return texts.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

const rangesTold = 5;

/** `98 of 100 ports verified; 2 unreachable: 50801, 50813 (Connection timed out)`. */
export function resultLine({ports, verification_skipped}: PortsReport): string {
	const good = ports.filter(({state}) => state === 'verified').length;
	const groups = new Map<string, {state: PortState; reason: string | null; ports: number[]}>();
	for (const {state, reason, port} of ports.filter(({state}) => state !== 'verified')) {
		const key = `${state} ${reason}`;
		const group = groups.get(key) ?? {state, reason, ports: []};
		group.ports.push(port);
		groups.set(key, group);
	}

	const rest = [...groups.values()].map(
		({state, reason, ports: numbers}) =>
			`${numbers.length} ${portLooks[state].words}: ${portRanges(numbers, {most: rangesTold})}${reason ? ` (${reason})` : ''}`,
	);
	return [
		`${good} of ${count(ports.length, 'port')} verified${verification_skipped ? ' (not tried: verification is switched off)' : ''}`,
		...rest,
	].join('; ');
}

/** Is there anything that requestors could use? */
export function isUsable({api, ports}: PortsReport): boolean {
	return api.state !== 'unreachable' && ports.some(({state}) => state === 'verified' || state === 'in-use');
}

export type Readiness = {isReady: boolean; text: string};

/** The one line that says whether all is well. @param otherReasons why nothing is offered, where no port is to blame */
export function readiness(report: PortsReport, otherReasons: readonly string[] = []): Readiness {
	const critical = report.issues.find(({severity}) => severity === 'critical');
	if (report.concurrent_vms > 0 && !critical) {
		return {
			isReady: true,
			text: `Provider Ready: can handle up to ${count(report.concurrent_vms, 'concurrent VM')}`,
		};
	}

	const reason =
		critical?.message ??
		(report.verification.finished_at === null
			? 'the first verification is not done yet'
			: (otherReasons[0] ?? 'no port is free that was verified to be reachable'));
	return {isReady: false, text: `Not ready: ${reason}`};
}

/** `Public address 198.51.100.7 (as http://… says)`. */
export function addressLine(address: string | null, source: string | undefined): string {
	return `Public address ${address ?? 'not known yet'}${source ? ` (${source})` : ''}`;
}

/** `http://… reached 98 of 100 ports`. */
export function checkerLine(
	{server, state, reached, error}: PortVerification['checkers'][number],
	total: number,
): string {
	const of = `of ${count(total, 'port')}`;
	return {
		asked: `${server} is asked, and reached ${reached} ${of} so far`,
		answered: `${server} reached ${reached} ${of}`,
		failed: `${server} did not tell: ${error ?? 'no answer'}`,
	}[state];
}

/** What goes on, in words. */
export function phaseWords({phase, checkers, total}: PortVerification): string {
	return {
		waiting: 'Not verified yet',
		address: 'Finding the public address',
		local: 'Opening the ports on this machine',
		outside: `Trying ${count(total, 'port')} from outside, by ${count(checkers.length, 'port checker')}`,
		done: 'Verified',
	}[phase];
}

export function isUnderWay({phase}: PortVerification): boolean {
	return phase === 'address' || phase === 'local' || phase === 'outside';
}

/** Is the API reached? `reached` is undefined where nobody has told. */
export function apiWords({state, reason, occupant, is_checking}: PortStatus): {
	isListening: boolean;
	reached: boolean | undefined;
	text: string;
} {
	const because = reason ? ` (${reason})` : '';
	if (state === 'occupied') {
		const who = occupant ? `${occupant.name}, pid ${occupant.pid}` : 'another program';
		return {isListening: false, reached: false, text: `not listening here: ${who} has it`};
	}

	const outside: Record<Exclude<PortState, 'occupied'>, {reached: boolean | undefined; text: string}> = {
		verified: {reached: true, text: 'reached from outside'},
		'in-use': {reached: true, text: 'reached from outside'},
		unreachable: {reached: false, text: `not reached from outside${because}`},
		disputed: {reached: undefined, text: `reached from outside by some only${because}`},
		unknown: {
			reached: undefined,
			text: is_checking
				? 'being tried from outside'
				: `not known whether it is reached from outside${because}`,
		},
	};
	const {reached, text} = outside[state];
	return {isListening: true, reached, text: `listening here, ${text}`};
}

/** An issue with what helps, a row each. */
export function issueLines({severity, message, fixes, docs}: PortIssue): string[] {
	return [
		`${severity === 'critical' ? 'Critical' : 'Warning'}: ${message}`,
		...fixes.map(fix => `  ${fix}`),
		`  See ${docs}`,
	];
}

/** `12 s`, `3 min`, `2 h`. */
export function duration(milliseconds: number): string {
	const seconds = Math.max(0, Math.round(milliseconds / 1000));
	if (seconds < 120) {
		return `${seconds} s`;
	}

	return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export function count(number: number, noun: string): string {
	return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
