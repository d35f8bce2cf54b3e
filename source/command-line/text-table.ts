import chalk from 'chalk';
import {printable} from '../platform/printable.js';

/** Rows under a header, each column as wide as its widest cell. */
export function textTable(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
	const clean = rows.map(row => row.map(printable));
	const widths = header.map((title, column) =>
		Math.max(title.length, ...clean.map(row => row[column]?.length ?? 0)),
	);
	const line = (cells: readonly string[]) =>
		cells
			.map((cell, column) => cell.padEnd(widths[column] ?? 0))
			.join('  ')
			.trimEnd();
	return [chalk.bold(line(header)), ...clean.map(line)].join('\n');
}

/** `name   value` lines. */
export function factList(facts: ReadonlyArray<readonly [string, string]>): string {
	const width = Math.max(...facts.map(([name]) => name.length)) + 2;
	return facts.map(([name, value]) => `${chalk.bold(name.padEnd(width))}${printable(value)}`).join('\n');
}
