import {printable} from '../platform/printable.js';

/** What is looked at, in the order it is shown: what comes later needs what comes before. */
export const checkNames = [
	'daemon',
	'driver',
	'image',
	'clock',
	'public-ip',
	'api-port',
	'ssh-ports',
	'discovery',
	'advertisement',
	'resources',
	'load',
] as const;
export type CheckName = (typeof checkNames)[number];

/** `unknown`: it could not be looked at, mostly because something above it failed. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'unknown';

/** What the facts of one check mean. */
export type Judgement = {
	verdict: Verdict;
	/** The facts, on one line. */
	evidence: string;
	/** What to do next; a line that begins with `$ ` is a command. */
	fix: readonly string[];
	/** Is it bad only because another check is, and good again with that one? */
	isConsequence?: boolean;
};

export type Check = Judgement & {name: CheckName};

export const ok = (evidence: string): Judgement => ({verdict: 'ok', evidence, fix: []});
export const warning = (evidence: string, ...fix: string[]): Judgement => ({
	verdict: 'warning',
	evidence,
	fix,
});
export const failed = (evidence: string, ...fix: string[]): Judgement => ({verdict: 'failed', evidence, fix});
export const unknown = (evidence: string, ...fix: string[]): Judgement => ({
	verdict: 'unknown',
	evidence,
	fix,
});

const maximumEvidenceLength = 600;

/** Servers and strangers have a say in these texts: none of them moves a cursor or fills a screen. */
export function namedCheck(name: CheckName, {evidence, fix, ...rest}: Judgement): Check {
	return {
		...rest,
		name,
		evidence: clip(printable(evidence.replaceAll(/\s+/g, ' ').trim()), maximumEvidenceLength),
		fix: fix.map(line => clip(printable(line), maximumEvidenceLength)),
	};
}

export function clip(text: string, maximum: number): string {
	return text.length <= maximum ? text : `${text.slice(0, maximum - 1)}…`;
}

/** What keeps people from renting. A clock that nobody can be asked about is no hindrance by itself. */
export function hindrances(checks: readonly Check[]): Check[] {
	return checks.filter(
		({name, verdict}) => verdict === 'failed' || (verdict === 'unknown' && name !== 'clock'),
	);
}

/** The hindrances there is something to do about: what failed by itself, else whatever is in the way. */
export function thingsToMend(checks: readonly Check[]): Check[] {
	const inTheWay = hindrances(checks);
	const failures = inTheWay.filter(({verdict}) => verdict === 'failed');
	const causes = failures.filter(({isConsequence}) => !isConsequence);
	return [causes, failures, inTheWay].find(({length}) => length > 0) ?? [];
}
