import * as z from 'zod';
import {command} from '../command-line/command.js';
import {type FittedColumn, fittedTable} from '../command-line/fitted-table.js';
import {findDaemon} from '../daemon-control/daemon-control.js';
import {describeOtherVersion} from '../daemon-control/other-version.js';
import {exitCodes, GolemError} from '../platform/golem-error.js';
import {localTime} from '../platform/local-time.js';
import {type DaemonName, daemonNames, type Paths} from '../platform/paths.js';
import {version} from '../platform/program.js';
import type {DaemonStatus} from '../protocol/control.js';

const defaultWidth = 80;

type Row = {
	name: DaemonName;
	status: DaemonStatus | undefined;
	/** Why it cannot be said how it is. */
	fault: GolemError | undefined;
};

const definition = command({
	description: 'Show which daemons run on this machine',
	args: z.tuple([]),
	options: z.object({}),
	documents: ['daemons'],
	examples: ['golem status', 'golem status --json'],
	async run({paths, result, note}) {
		const rows = await Promise.all(daemonNames.map(name => look(name, paths)));
		result(
			Object.fromEntries(
				rows.map(({name, status, fault}) => [
					name,
					status ??
						(fault ? {error: {code: fault.code, message: fault.message, hint: fault.hint ?? null}} : null),
				]),
			),
			() => fittedTable(columnsFor(rows), rows, process.stdout.columns || defaultWidth),
			() => rows.filter(({status}) => status).map(({name}) => name),
		);
		for (const {name, status, fault} of rows) {
			const remark = fault
				? [fault.message, fault.hint].filter(Boolean).join('\n')
				: status && describeOtherVersion(name, status);
			if (remark) {
				note(remark);
			}
		}

		return exitCodes.done;
	},
});

/** What is wrong with one of them must not hide the others. */
async function look(name: DaemonName, paths: Paths): Promise<Row> {
	try {
		return {name, status: await findDaemon(name, paths), fault: undefined};
	} catch (error) {
		if (error instanceof GolemError) {
			return {name, status: undefined, fault: error};
		}

		throw error;
	}
}

/** The versions are told where one of them is another than this program's. */
function columnsFor(rows: readonly Row[]): Array<FittedColumn<Row>> {
	const areAllOfThis = rows.every(({status}) => !status || status.version === version);
	return [
		{title: 'DAEMON', cell: ({name}) => name},
		{title: 'STATE', cell: describeState},
		{title: 'PID', cell: ({status}) => (status ? String(status.pid) : '-'), rank: 1},
		{
			title: 'LISTENING',
			cell: ({status}) => status?.listening ?? '-',
			short: ({status}) => status?.listening.replace(/^http:\/\//, '') ?? '-',
			narrowest: 21,
		},
		...(areAllOfThis ? [] : [{title: 'VERSION', cell: ({status}: Row) => status?.version ?? '-'}]),
		{title: 'SINCE', cell: ({status}) => (status ? localTime(status.started_at) : '-'), rank: 0},
	];
}

function describeState({status, fault}: Row): string {
	return fault ? 'no answer' : status ? (status.healthy ? 'healthy' : 'not ready') : 'not running';
}

export const {description, args, options} = definition;
export default definition;
