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

export const portStates = ['verified', 'unreachable', 'in-use', 'occupied', 'disputed', 'unknown'] as const;
export type PortState = (typeof portStates)[number];

/** What one port checker found of a port. */
export const portCheckerFindingSchema = z.looseObject({
	server: z.string(),
	reachable: z.boolean(),
	/** Why not, for people. */
	error: z.string().nullable(),
});
export type PortCheckerFinding = z.infer<typeof portCheckerFindingSchema>;

/** One port of the provider: of its range, or that of its API. */
export const portStatusSchema = z.looseObject({
	port: z.number().int(),
	/**
	`verified`: reached from outside. `unreachable`: not reached. `in-use`: carries a VM. `occupied`: another program on
	the machine has it. `disputed`: the port checkers disagree. `unknown`: nobody has told yet, which is not closed.
	*/
	state: z.enum(portStates),
	/** Why, for people; null where the state says it all. */
	reason: z.string().nullable(),
	vm_id: z.string().nullable(),
	/** When port checkers last said something about it. */
	checked_at: timestampSchema.nullable(),
	/** Is it being tried just now? */
	is_checking: z.boolean(),
	/** What each checker found the last time that any answered. */
	findings: z.array(portCheckerFindingSchema),
	/** Who has it, where it is occupied and that can be known. */
	occupant: z.looseObject({pid: z.number().int(), name: z.string()}).nullable(),
});
export type PortStatus = z.infer<typeof portStatusSchema>;

/** How far a verification has come, or how the last one went. */
export const portVerificationSchema = z.looseObject({
	/** `waiting`: none since the start. `address`: finding the public address. `local`: opening the ports here.
	`outside`: port checkers are at work. */
	phase: z.enum(['waiting', 'address', 'local', 'outside', 'done']),
	started_at: timestampSchema.nullable(),
	finished_at: timestampSchema.nullable(),
	/** When it is done again by itself. */
	next_at: timestampSchema.nullable(),
	/** Ports in it, and those of which all is known. */
	total: z.number().int(),
	settled: z.number().int(),
	checkers: z.array(
		z.looseObject({
			server: z.string(),
			state: z.enum(['asked', 'answered', 'failed']),
			/** Ports it reached; it counts up while the checker is at work. */
			reached: z.number().int(),
			error: z.string().nullable(),
		}),
	),
});
export type PortVerification = z.infer<typeof portVerificationSchema>;

/** Something that keeps requestors away, and what helps. */
export const portIssueSchema = z.looseObject({
	/** Names the kind of trouble: `ports-unreachable`, `api-unreachable`, `ports-occupied` … */
	code: z.string(),
	/** `critical`: nothing can be rented because of it. */
	severity: z.enum(['critical', 'warning']),
	message: z.string(),
	/** Each one thing to do; a line that begins with `$ ` is a command for this machine. */
	fixes: z.array(z.string()),
	/** The page of golem's documentation that tells more, as `docs/hosting.md#…`. */
	docs: z.string(),
});
export type PortIssue = z.infer<typeof portIssueSchema>;

/** `GET /v1/ports`; with `follow=true` a line of this at each change. */
export const portsReportSchema = z.looseObject({
	/** Was every bindable port taken as verified because a setting says so? */
	verification_skipped: z.boolean(),
	public_ip: z.string().nullable(),
	verification: portVerificationSchema,
	/** The provider's API: `port` is where it listens, and where requestors look for it. */
	api: portStatusSchema,
	/** The range, in ascending order. */
	ports: z.array(portStatusSchema),
	/** VMs there can be at once, those that there are included: as many as ports, settings and resources allow. */
	concurrent_vms: z.number().int(),
	/** The critical ones first. */
	issues: z.array(portIssueSchema),
});
export type PortsReport = z.infer<typeof portsReportSchema>;
