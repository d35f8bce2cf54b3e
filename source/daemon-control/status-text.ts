import chalk from 'chalk';
import {wrapWords} from '../components/wrap-words.js';
import {localTime} from '../platform/local-time.js';
import type {DaemonName} from '../platform/paths.js';
import {printable} from '../platform/printable.js';
import type {DaemonStatus} from '../protocol/control.js';
import type {End, LastWords} from './last-words.js';

type Fact = readonly [name: string, value: string];

const defaultWidth = 80;
/** It says again what other fields say. */
const repeated = ['advertisement'];

const ends: Readonly<Record<End, string>> = {
	orderly: 'as it was asked to',
	crashed: 'by a fault of its own',
	killed: 'without a word: it was killed, or the machine went down',
	'not-started': 'it could not start',
};

/** How a daemon is, for people. */
export function describeStatus(status: DaemonStatus, width = process.stdout.columns || defaultWidth): string {
	const {name: _name, pid, version, started_at, listening, healthy, busy_with, ...own} = status;
	return wrappedFacts(
		[
			['state', healthy ? 'healthy' : 'not ready for work'],
			['listening', listening],
			['pid', String(pid)],
			['version', version],
			['since', localTime(started_at)],
			...(busy_with.length > 0 ? [['busy with', busy_with.join(', ')] as const] : []),
			...Object.entries(own)
				.filter(([key]) => !repeated.includes(key))
				.flatMap(([key, value]) => ownFacts(spaced(key), value)),
		],
		width,
	);
}

/** That a daemon does not run, since when, how that came, and how to start it, where systemd is not about to. */
export function describeAbsence(
	name: DaemonName,
	lastWords: LastWords | undefined,
	{
		isPending = false,
		width = process.stdout.columns || defaultWidth,
	}: {isPending?: boolean; width?: number} = {},
): string {
	const start = isPending
		? `systemd is about to start it again. Give that up with: golem ${name} stop`
		: `Start it with: golem ${name} --detach`;
	if (!lastWords) {
		return `The ${name} is not running, and has never run here.\n${start}`;
	}

	const {at, end, lines} = lastWords;
	return [
		`The ${name} is not running.`,
		wrappedFacts(
			[
				['since', localTime(at)],
				['ended', ends[end]],
			],
			width,
		),
		'The end of its log:',
		...lines.map(line => `  ${printable(line)}`),
		start,
	].join('\n');
}

/** `name   value` lines; a value that is too long goes on under itself. */
function wrappedFacts(facts: readonly Fact[], width: number): string {
	const labelWidth = Math.max(...facts.map(([name]) => name.length)) + 2;
	return facts
		.flatMap(([name, value]) =>
			wrapWords(printable(value), Math.max(20, width - labelWidth)).map((text, index) =>
				`${index === 0 ? chalk.bold(name.padEnd(labelWidth)) : ' '.repeat(labelWidth)}${text}`.trimEnd(),
			),
		)
		.join('\n');
}

/** Figures within figures are lines of their own. */
function ownFacts(name: string, value: unknown): Fact[] {
	if (Array.isArray(value)) {
		return value.length === 0
			? [[name, '-']]
			: value.every(part => !isNested(part))
				? [[name, value.map(String).join(', ')]]
				: value.map((part, index) => [index === 0 ? name : '', describeValue(part)] as const);
	}

	if (!isNested(value)) {
		return [[name, describeValue(value)]];
	}

	const parts = Object.entries(value);
	const isDeep = parts.some(([, part]) => isNested(part) && !Array.isArray(part));
	return isDeep
		? parts.map(([key, part]) => [`${name} ${spaced(key)}`, describeValue(part, key)] as const)
		: [[name, describeValue(value)]];
}

const units: Readonly<Record<string, string>> = {cpu: ' cores', memory: ' GB', storage: ' GB'};

/**
`cpu 2 cores, memory 18 GB`: figures on one line.
@param group what the value is called; figures of `percent` are such
*/
function describeValue(value: unknown, group = ''): string {
	if (Array.isArray(value)) {
		return value.length === 0 ? 'none' : value.map(part => describeValue(part)).join('; ');
	}

	if (isNested(value)) {
		return Object.entries(value)
			.map(
				([key, part]) =>
					`${spaced(key)} ${isNested(part) ? `(${describeValue(part, key)})` : describeValue(part)}${typeof part === 'number' ? unitOf(key, group) : ''}`,
			)
			.join(', ');
	}

	if (typeof value === 'boolean') {
		return value ? 'yes' : 'no';
	}

	return value === null ? '-' : isTimestamp(value) ? localTime(value) : String(value);
}

function unitOf(key: string, group: string): string {
	return group === 'percent' ? ' %' : (units[key] ?? '');
}

function isTimestamp(value: unknown): value is string {
	return typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
}

function isNested(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}

function spaced(key: string): string {
	return key.replaceAll('_', ' ');
}
