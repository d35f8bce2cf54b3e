import * as z from 'zod';
import {resourcesSchema} from '../../protocol/resources.js';
import {timestampSchema} from '../../protocol/time.js';
import {
	sshKeySchema,
	sshKeysSchema,
	vmAccessSchema,
	vmSchema,
	vmUsageReportSchema,
} from '../../protocol/vm.js';

/** A VM of ours, whose provider may not have said yes. */
const owned = {
	name: z.string(),
	id: z.string().nullable().describe('null until its provider has said yes'),
	provider_id: z.string(),
};

const reasonSchema = z.object({code: z.string(), message: z.string()});

export const vmInfoSchema = vmSchema.extend({provider_id: z.string(), access: vmAccessSchema.nullable()});

/** With `--no-wait` the provider has told little of it yet. */
export const vmCreatedSchema = vmSchema
	.partial()
	.extend({...owned, access: vmAccessSchema.nullable().describe('null with --no-wait')});

export const vmListSchema = z.array(
	z.looseObject({
		...owned,
		resources: resourcesSchema,
		image: z.string().nullable(),
		status: z
			.string()
			.describe('As the provider says; gone, unconfirmed, unreachable or unknown where it says nothing'),
		ip_address: z.string().nullable(),
		ssh_port: z.number().int().nullable(),
		created_at: timestampSchema,
		error_message: z.string().nullable(),
	}),
);

export const vmUsageDocumentSchema = vmUsageReportSchema.extend({...owned, id: z.string()});

export const vmKeyAddedSchema = z.object({
	name: z.string(),
	id: z.string(),
	added: z.object(sshKeySchema.shape),
	ssh_keys: sshKeysSchema.shape.ssh_keys.describe('All that open it now'),
});

export const vmDestroyedSchema = z.object({
	...owned,
	status: z
		.enum(['deleted', 'forgotten'])
		.describe('forgotten: with --force, where nobody could be asked to'),
	reason: reasonSchema.optional().describe('Why nobody could be asked to'),
});

export const vmPurgedSchema = z.array(
	z.object({
		...owned,
		status: z.enum(['deleted', 'forgotten', 'kept']),
		reason: reasonSchema.nullable().describe('Why it was not destroyed'),
	}),
);

export const sshConfigSchema = z.object({
	config: z.string().optional().describe('What OpenSSH reads; absent with --write'),
	file: z.string().optional().describe('With --write: where it is now'),
	include: z.string().optional().describe('With --write: the line for ~/.ssh/config'),
	hosts: z.array(
		z.object({
			name: z.string(),
			host: z.string(),
			port: z.number().int(),
			user: z.string(),
			identity_file: z.string(),
			known_hosts_file: z.string(),
		}),
	),
	skipped: z.array(z.object({name: z.string(), code: z.string(), message: z.string()})),
});

export const vmSshSchema = z.object({
	name: z.string(),
	exit_code: z.number().int().describe('Of the command; 255 where SSH itself has failed'),
	stdout: z.string(),
	stderr: z.string(),
	truncated: z.boolean().describe('Was there more than 16 MiB on one of them, which is left out?'),
});
