import {displayText, dropColumns, truncateText} from '../../components/display-text.js';
import {matchesQuery, parseQuery} from '../../components/fuzzy.js';
import {writtenText} from '../../components/text-field.js';
import {formCommand} from '../actions/create-vm.js';
import {dim, heading, plain} from '../details/facts.js';
import type {Activity, FormView, LogView, QuestionView} from '../ui-state.js';
import type {Line} from './lines.js';

const labelWidth = 12;
/** With less room than this only the field that has the focus is explained: what is wrong must be seen. */
const roomyFrom = 16;

/** The form, and the command that does the same. */
export function formLines(form: FormView, {width, height}: {width: number; height: number}): Line[] {
	const isRoomy = height >= roomyFrom;
	const room = Math.max(10, width - labelWidth - 4);
	const fields = form.fields.flatMap((field, index): Line[] => {
		const isFocused = index === form.focus;
		const value =
			field.kind === 'text'
				? isFocused
					? writtenText(field.field, room)
					: field.field.text
				: `${isFocused ? '‹ ' : ''}${field.choices[field.chosen]?.label ?? '-'}${isFocused ? ' ›' : ''}`;
		return [
			[
				{text: isFocused ? '› ' : '  ', style: {color: 'cyan'}},
				{text: field.label.padEnd(labelWidth), style: isFocused ? {bold: true} : {}},
				{
					text: truncateText(value, room),
					style: isFocused ? {color: 'cyan'} : {},
				},
			],
			...(isRoomy || isFocused ? [dim(`${' '.repeat(labelWidth)}${field.hint}`)] : []),
		];
	});
	return [
		...heading('A new VM'),
		...(isRoomy ? [[{text: ''}]] : []),
		...fields,
		...(isRoomy ? [[{text: ''}]] : []),
		form.error === undefined ? [{text: ''}] : [{text: `  ! ${form.error}`, style: {color: 'red'}}],
		dim(`The same: ${formCommand(form)}`),
	];
}

export function questionLines({question, command, mustType, typed}: QuestionView, width: number): Line[] {
	return [
		...heading(question),
		[{text: ''}],
		...(mustType === undefined
			? [plain('Press y to do it, any other key to leave it as it is.')]
			: [
					plain(`It is running. Type its name, ${mustType}, and press Enter to do it.`),
					[{text: ''}],
					[{text: '  > '}, {text: writtenText(typed, width - 4), style: {bold: true}}],
				]),
		[{text: ''}],
		dim(`The same: ${command}`),
	];
}

const marks = {running: '…', done: '✓', failed: '✗'} as const;

export function activityLines(
	{title, command, steps, state, output, result, hint}: Activity,
	now: number,
): Line[] {
	return [
		...heading(title),
		dim(`The same: ${command}`),
		[{text: ''}],
		...steps.map(({message, startedAt, endedAt}, index): Line => {
			const isLast = index === steps.length - 1;
			const mark = endedAt === undefined ? marks.running : isLast ? marks[state] : marks.done;
			const seconds = (((endedAt ?? now) - startedAt) / 1000).toFixed(endedAt === undefined ? 0 : 1);
			return [
				{
					text: `  ${mark} `,
					style: {color: mark === marks.failed ? 'red' : mark === marks.done ? 'green' : 'cyan'},
				},
				{text: message},
				{text: `  ${Math.max(0, Number(seconds))} s`, style: {dimColor: true}},
			];
		}),
		...(output.length > 0 ? [[{text: ''}], ...output.map(dim)] : []),
		...(result === undefined
			? [[{text: ''}], dim('Esc goes back; this goes on.')]
			: [
					[{text: ''}],
					[{text: `  ${result}`, style: {color: state === 'failed' ? 'red' : 'green', bold: true}}],
					...(hint === undefined ? [] : [plain(hint)]),
				]),
	];
}

/** The end of the log, or what is further up; a row tells of the filter and of what is held. */
export function logLines(view: LogView, height: number): Line[] {
	const query = parseQuery(view.filter);
	const lines = view.filter === '' ? view.lines : view.lines.filter(line => matchesQuery(query, [line]));
	const rows = Math.max(1, height - 1);
	const end = Math.max(Math.min(rows, lines.length), lines.length - view.back);
	const filter = view.isFiltering ? `  /${view.filter}▏` : view.filter === '' ? '' : `  /${view.filter}`;
	const below = end < lines.length ? `  ${lines.length - end} below` : '';
	const held = view.isPaused ? `${below}  held; Space lets it go on` : below;
	return [
		[
			{text: ` ${view.title}`, style: {bold: true}},
			{text: filter, style: {color: 'yellow'}},
			{text: held, style: {color: 'cyan'}},
			{text: `  ${view.command}`, style: {dimColor: true}},
		],
		...(lines.length === 0
			? [dim('nothing to show')]
			: lines.slice(Math.max(0, end - rows), end).map(line => logLine(line, view.column))),
	];
}

function logLine(line: string, column: number): Line {
	const level = /^\S+ (error|fatal|warn)\b/.exec(line)?.[1];
	const color = level === 'warn' ? 'yellow' : level === undefined ? undefined : 'red';
	const text = column === 0 ? line : `‹${dropColumns(displayText(line), column)}`;
	return [{text, ...(color ? {style: {color}} : {})}];
}
