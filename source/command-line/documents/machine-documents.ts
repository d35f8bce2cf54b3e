import * as z from 'zod';
import {settingDescriptionSchema} from '../../platform/setting-descriptions.js';
import {vmSchema} from '../../protocol/vm.js';
import {settingOwners} from '../all-settings.js';

export const settingSchema = settingDescriptionSchema.extend({owner: z.enum(settingOwners)});

export const settingChangedSchema = z.object({
	name: z.string(),
	value: z.unknown().optional().describe('As it is in the file now; absent where it was taken out'),
	file: z.string(),
	changed: z.boolean(),
});

export const imagesSchema = z.array(
	z.object({
		name: z.string(),
		description: z.string(),
		aliases: z.array(z.string()),
		installed: z.boolean(),
		folder: z.string().nullable(),
		architecture: z.string().nullable(),
		kernel_version: z.string().nullable(),
		disk_gb: z.number().nullable(),
		built_at: z.string().nullable(),
	}),
);

export const identitySchema = z.object({id: z.string(), key_file: z.string()});

export const versionSchema = z.object({version: z.string(), node: z.string()});

export const diagnosisSchema = z.object({
	ok: z.boolean().describe('Does nothing keep people from renting?'),
	checks: z.array(
		z.object({
			name: z.string(),
			verdict: z.enum(['ok', 'warning', 'failed', 'unknown']),
			evidence: z.string(),
			fix: z.string().nullable(),
		}),
	),
});

export const setupSchema = z.object({
	ready: z.literal(true),
	changed: z.boolean().describe('Was anything installed?'),
	programs: z.array(
		z.object({program: z.string(), state: z.enum(['present', 'installed', 'not available'])}),
	),
	images: z.array(z.object({name: z.string(), state: z.enum(['built', 'present'])})),
});

export const demoSchema = z.union([
	z.object({
		ok: z.literal(true),
		stages: z.array(z.object({name: z.string(), ms: z.number().int()})),
		ssh: z.record(z.string(), z.string()).describe('What commands in the VM have answered'),
		accelerator: z.string().nullable(),
		image: z.string().nullable(),
		vm: vmSchema.nullable(),
	}),
	z.object({stopped: z.literal(true)}).describe('With --stop'),
]);

export const completionSchema = z.object({shell: z.enum(['bash', 'zsh', 'fish']), script: z.string()});

export const documentListSchema = z.array(
	z.object({name: z.string(), written_by: z.array(z.string()).describe('Commands')}),
);

const commandListSchema = z.array(z.object({command: z.string(), description: z.string()}));

export const helpSchema = z.union([
	z
		.object({
			topics: z.array(z.object({topic: z.string(), description: z.string()})),
			commands: commandListSchema,
		})
		.describe('What there is to read'),
	z.object({topic: z.string(), text: z.string()}).describe('A topic'),
	z.object({commands: commandListSchema}).describe('The commands of a group'),
	z
		.object({
			command: z.string(),
			description: z.string(),
			usage: z.string(),
			options: z.array(
				z.object({
					flag: z.string(),
					takes: z.string().nullable(),
					description: z.string(),
					default: z.union([z.string(), z.number()]).nullable(),
				}),
			),
			examples: z.array(z.string()),
			documents: z.array(z.string()).describe('What it writes with --json: golem schema DOCUMENT'),
		})
		.describe('A command'),
]);
