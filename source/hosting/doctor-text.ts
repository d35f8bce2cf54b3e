import chalk from 'chalk';
import {wrapWords} from '../components/wrap-words.js';
import {type Check, hindrances, thingsToMend, type Verdict} from './doctor-check.js';

/** A colour only repeats what sign and word say. */
const signs = {
	ok: text => chalk.green(`✓ ${text}`),
	warning: text => chalk.yellow(`! ${text}`),
	failed: text => chalk.red(`✗ ${text}`),
	unknown: text => chalk.dim(`? ${text}`),
} as const satisfies Record<Verdict, (text: string) => string>;

const verdictWidth = 'warning'.length;
const nameWidth = 'advertisement'.length;
const indent = ' '.repeat(2 + verdictWidth + 2 + nameWidth + 2);
/** Narrower than that, lines are left to the terminal. */
const minimumTextWidth = 24;

/** One check on one line; on a terminal of that many columns on as many as it takes. */
export function describeCheck({name, verdict, evidence}: Check, columns?: number): string {
	const lead = `${signs[verdict](verdict.padEnd(verdictWidth))}  ${name.padEnd(nameWidth)}  `;
	const width = (columns ?? Number.POSITIVE_INFINITY) - indent.length;
	return `${lead}${wrap(evidence, width).join(`\n${indent}`)}`;
}

/** What all of it comes to, and what to do. */
export function summarise(checks: readonly Check[], columns?: number): string {
	const inTheWay = hindrances(checks);
	const toMend = thingsToMend(checks);
	const warnings = checks.filter(({verdict}) => verdict === 'warning');
	const advice = (inTheWay.length > 0 ? toMend : warnings).flatMap(check => describeFix(check, columns));
	return [headline(inTheWay, toMend, warnings), ...advice].join('\n');
}

function headline(inTheWay: readonly Check[], toMend: readonly Check[], warnings: readonly Check[]): string {
	if (inTheWay.length === 0) {
		return `${chalk.bold('A rental would work now.')}${warnings.length > 0 ? ` Worth a look: ${count(warnings.length)}.` : ''}`;
	}

	return inTheWay.some(({verdict}) => verdict === 'failed')
		? chalk.bold(`Nobody can rent: ${count(toMend.length)} to mend.`)
		: chalk.bold(`Whether anybody can rent is not known: ${count(toMend.length)} could not be looked at.`);
}

const count = (number: number) => (number === 1 ? '1 thing' : `${number} things`);

/** Commands stay whole, so that they can be copied. */
function describeFix({name, fix, evidence}: Check, columns = Number.POSITIVE_INFINITY): string[] {
	const lines = fix.length > 0 ? fix : [evidence];
	return [
		'',
		chalk.bold(name),
		...lines.flatMap(line =>
			(line.startsWith('$ ') ? [line] : wrap(line, columns - 2)).map(part => `  ${part}`),
		),
	];
}

/** Where there is hardly any room, a text in a terrible column would be worse than one that is too long. */
function wrap(text: string, width: number): string[] {
	return width < minimumTextWidth ? [text] : wrapWords(text, width);
}
