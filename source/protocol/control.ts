import * as z from 'zod';
import {timestampSchema} from './time.js';

/** The header each reply of a control API has: the version of the daemon that answers. */
export const versionHeader = 'Golem-Version';

/** `GET /v1/status` of every daemon; each adds its own figures. */
export const daemonStatusSchema = z.looseObject({
	name: z.string(),
	pid: z.number().int(),
	version: z.string(),
	started_at: timestampSchema,
	/** The public API, as `http://host:port`. */
	listening: z.string(),
	healthy: z.boolean(),
	/** What it is working on just now, for people. */
	busy_with: z.array(z.string()),
});
export type DaemonStatus = z.infer<typeof daemonStatusSchema>;

/** One port of the provider's range. */
export const portStates = ['verified', 'unreachable', 'in-use', 'occupied', 'disputed', 'unknown'] as const;
export const portStatusSchema = z.looseObject({
	port: z.number().int(),
	state: z.enum(portStates),
	/** Why, for people; null where the state says it all. */
	reason: z.string().nullable(),
	vm_id: z.string().nullable(),
	checked_at: timestampSchema.nullable(),
});
export type PortStatus = z.infer<typeof portStatusSchema>;

export const portsReportSchema = z.looseObject({
	/** Was every bindable port taken as verified because a setting says so? */
	verification_skipped: z.boolean(),
	ports: z.array(portStatusSchema),
});
export type PortsReport = z.infer<typeof portsReportSchema>;
