import {pino} from 'pino';
import type {Log} from '../../source/platform/log.js';

/** A log that keeps its entries for the test to read. */
export function createTestLog(): {log: Log; entries: Array<Record<string, unknown>>} {
	const entries: Array<Record<string, unknown>> = [];
	return {log: pino({level: 'debug'}, {write: line => entries.push(JSON.parse(line))}), entries};
}
