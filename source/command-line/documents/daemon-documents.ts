import * as z from 'zod';
import {daemonNames} from '../../platform/paths.js';
import {daemonStatusSchema, portsReportSchema} from '../../protocol/control.js';
import {timestampSchema} from '../../protocol/time.js';

export const daemonStoppedStatusSchema = z.object({
	running: z.literal(false),
	name: z.enum(daemonNames),
	since: timestampSchema.nullable().describe('When it wrote its last line; null where it has never run'),
	ended: z
		.enum(['orderly', 'crashed', 'killed', 'not-started'])
		.nullable()
		.describe(
			'orderly: it was asked to; killed: without a word, or the machine went down; not-started: it refused to start',
		),
	log: z.array(z.string()).describe('Its last lines, for people'),
	service: z.string().nullable().describe('The unit, where systemd is about to start it again'),
	start: z.string().describe('The command that starts it'),
});

export const daemonStatusDocumentSchema = z.union([
	daemonStatusSchema.extend({running: z.literal(true)}),
	daemonStoppedStatusSchema,
]);

export const daemonsSchema = z.record(
	z.enum(daemonNames),
	z.union([
		daemonStatusSchema,
		z
			.object({error: z.object({code: z.string(), message: z.string(), hint: z.string().nullable()})})
			.describe('One that does not answer as it should'),
		z.null().describe('Not running'),
	]),
);

export const daemonStartedSchema = daemonStatusSchema.extend({
	was_running: z.boolean().describe('true: it ran already, and was left alone'),
	differences: z
		.array(
			z.object({
				flag: z.string(),
				asked: z.union([z.string(), z.number()]),
				running: z.union([z.string(), z.number()]),
			}),
		)
		.optional()
		.describe('What it was asked for and does otherwise, as it ran already'),
});

export const daemonRestartedSchema = daemonStatusSchema.extend({
	was_running: z.boolean(),
	service: z.string().nullable().describe('The unit of systemd that runs it'),
});

export const daemonStoppedSchema = z.object({
	name: z.enum(daemonNames),
	stopped: z.boolean().describe('false: it was not running'),
	pid: z.number().int().nullable(),
	service_stopped: z
		.boolean()
		.describe('true: systemd was about to start it again, as after a failure, and is not any more'),
});

export const daemonEventSchema = z.union([
	daemonStatusSchema.extend({event: z.literal('status')}),
	portsReportSchema.extend({event: z.literal('ports')}).describe('Of a provider'),
]);

export const serviceSchema = z.object({
	unit: z.string(),
	scope: z.enum(['system', 'user']),
	file: z.string(),
	state: z.enum(['installed', 'updated', 'unchanged', 'removed', 'would change']),
	content: z.string().optional().describe('With --dry-run: the unit'),
	started: z.boolean().optional().describe('Was it started just now?'),
});

export const logLineSchema = z.looseObject({
	time: timestampSchema.nullable().describe('null for what a process wrote that had no log, as it fell over'),
	level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).nullable(),
	msg: z.string(),
});
