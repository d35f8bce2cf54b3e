import type {Span} from '../components/text-line.js';
import {wrapWords} from '../components/wrap-words.js';
import type {PortIssue} from '../protocol/control.js';
import {issueLines} from './ports-text.js';

/** As many issues as fit, the first cut where even that is too long. */
export function issueRows(issues: readonly PortIssue[], columns: number, rows: number): Span[][] {
	const drawn = issues.map(issue => drawIssue(issue, columns));
	const all = drawn.flat();
	if (all.length <= rows) {
		return all;
	}

	const shown: Span[][] = [];
	let whole = 0;
	for (const lines of drawn) {
		if (shown.length + lines.length > rows - 1) {
			break;
		}

		shown.push(...lines);
		whole += 1;
	}

	if (whole === 0) {
		shown.push(...(drawn[0] ?? []).slice(0, Math.max(0, rows - 1)));
	}

	const left = issues.length - Math.max(1, whole);
	const more = left > 0 ? `+${left} more: golem provider verify` : 'All of it: golem provider verify';
	return rows > 0 ? [...shown, [{text: more, style: {dimColor: true}}]] : [];
}

function drawIssue(issue: PortIssue, columns: number): Span[][] {
	const color = issue.severity === 'critical' ? 'red' : 'yellow';
	return issueLines(issue).flatMap((line, index) =>
		wrapWords(line, columns, '  ').map(text => [{text, ...(index === 0 ? {style: {color}} : {})}]),
	);
}
