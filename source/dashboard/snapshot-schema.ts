import * as z from 'zod';
import {advertisementSchema} from '../protocol/advertisement.js';
import {daemonStatusSchema, portsReportSchema} from '../protocol/control.js';
import {resourcesSchema} from '../protocol/resources.js';
import {timestampSchema} from '../protocol/time.js';

/** Raised when a field is renamed or goes; new ones may come at any time. */
export const snapshotVersion = 1;

const daemonSnapshotSchema = z.union([
	daemonStatusSchema.extend({running: z.literal(true)}),
	z.object({running: z.literal(false), error: z.string().nullable()}),
]);

/** A VM rented here: what its provider says of it, where it does, and what is known without it. */
const vmSnapshotSchema = z.looseObject({
	name: z.string(),
	id: z.string().nullable(),
	status: z
		.string()
		.describe('As the provider says; asking, unreachable, gone or unconfirmed where it says nothing'),
	provider_id: z.string(),
	resources: resourcesSchema,
	ip_address: z.string().nullable(),
	ssh_port: z.number().int().nullable(),
	created_at: timestampSchema,
	error_message: z.string().nullable(),
});

/** `golem --json`: all that the dashboard shows, once. */
export const snapshotSchema = z.object({
	version: z.literal(snapshotVersion),
	taken_at: timestampSchema,
	home: z.string(),
	identity: z.string().nullable(),
	daemons: z.object({
		discovery: daemonSnapshotSchema,
		'port-checker': daemonSnapshotSchema,
		provider: daemonSnapshotSchema,
	}),
	ports: portsReportSchema.nullable().describe('Of the provider here; null while none runs'),
	discovery: z.object({
		servers: z.array(
			z.object({
				url: z.string(),
				reachable: z.boolean(),
				error: z.string().nullable(),
				total: z.number().int().nullable().describe('Advertisements it has'),
			}),
		),
		providers: z.array(
			advertisementSchema.extend({
				signature_valid: z.boolean().nullable().describe('null where nobody has looked'),
			}),
		),
	}),
	vms: z.array(vmSnapshotSchema),
});
export type Snapshot = z.infer<typeof snapshotSchema>;
