import fs from 'node:fs/promises';
import * as z from 'zod';
import type {DaemonStatus} from '../protocol/control.js';
import type {DaemonFlags} from './daemon-control.js';

/** How a process was started. */
export type Start = {
	flags: DaemonFlags;
	/** Where its `.env` is read. */
	workingFolder: string | undefined;
};

/** A flag, and what runs instead of what it asks for. */
export type FlagDifference = {flag: string; asked: string | number; running: string | number};

const flagsSchema = z.record(z.string(), z.unknown());

/** What a running daemon was started with; undefined where the system does not tell. */
export async function readStart(pid: number): Promise<Start | undefined> {
	try {
		const variables = new Map(
			(await fs.readFile(`/proc/${pid}/environ`, 'utf8'))
				.split('\0')
				.map(entry => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
		);
		return {
			flags: flagsSchema.parse(JSON.parse(variables.get('GOLEM_FLAGS') ?? '{}')),
			workingFolder: variables.get('GOLEM_WORKING_FOLDER'),
		};
	} catch {
		// Only Linux has that file, and only the daemon's own user may read it.
		return undefined;
	}
}

/** Of the flags that were given, those that a running daemon does otherwise. */
export function flagDifferences(
	{host, port}: {host?: string | undefined; port?: number | undefined},
	{listening}: Pick<DaemonStatus, 'listening'>,
): FlagDifference[] {
	const url = URL.canParse(listening) ? new URL(listening) : undefined;
	if (!url) {
		return [];
	}

	const runningHost = url.hostname.replace(/^\[|\]$/g, '');
	const runningPort = Number(url.port || 80);
	return [
		...(host === undefined || isSameHost(host, runningHost)
			? []
			: [{flag: '--host', asked: host, running: runningHost}]),
		// 0 takes any, and the running one has taken one.
		...(port === undefined || port === 0 || port === runningPort
			? []
			: [{flag: '--port', asked: port, running: runningPort}]),
	];
}

function isSameHost(asked: string, running: string): boolean {
	const name = asked.toLowerCase();
	return name === running || (name === 'localhost' && ['127.0.0.1', '::1'].includes(running));
}
