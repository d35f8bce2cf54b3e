import * as z from 'zod';
import {settingDescriptionSchema} from '../platform/setting-descriptions.js';
import {advertisementSchema} from '../protocol/advertisement.js';
import {daemonStatusSchema, portsReportSchema} from '../protocol/control.js';
import {resourcesSchema} from '../protocol/resources.js';
import {timestampSchema} from '../protocol/time.js';
import {vmAccessSchema, vmSchema} from '../protocol/vm.js';
import {settingOwners} from './all-settings.js';

/** What a command that failed writes with `--json`. */
const errorDocumentSchema = z.object({
	error: z.object({
		code: z.string().describe('Stable, for programs'),
		message: z.string().describe('For people'),
		hint: z.string().nullable().describe('What to do next'),
		details: z.record(z.string(), z.unknown()).optional(),
	}),
});

const vmListSchema = z.array(
	z.looseObject({
		name: z.string(),
		id: z.string().nullable(),
		provider_id: z.string(),
		resources: resourcesSchema,
		image: z.string().nullable(),
		status: z
			.string()
			.describe('As the provider says; gone, unconfirmed or unreachable where it says nothing'),
		ip_address: z.string().nullable(),
		ssh_port: z.number().int().nullable(),
		created_at: timestampSchema,
		error_message: z.string().nullable(),
	}),
);

const imagesSchema = z.array(
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

type DocumentEntry = {
	/** The command that writes it. */
	command: string;
	schema: z.ZodType | (() => Promise<z.ZodType>);
};

const documents = {
	error: {command: 'any command that fails', schema: errorDocumentSchema},
	snapshot: {
		command: 'golem --json',
		schema: async () => (await import('../dashboard/snapshot-schema.js')).snapshotSchema,
	},
	vm: {
		command: 'golem vm info NAME --json',
		schema: vmSchema.extend({provider_id: z.string(), access: vmAccessSchema.nullable()}),
	},
	'vm-list': {command: 'golem vm list --json', schema: vmListSchema},
	providers: {command: 'golem vm providers --json', schema: z.array(advertisementSchema)},
	ports: {command: 'golem provider verify --json', schema: portsReportSchema},
	'daemon-status': {
		command: 'golem provider status --json, and the other daemons’',
		schema: z.union([
			daemonStatusSchema.extend({running: z.literal(true)}),
			z.object({running: z.literal(false), name: z.string()}),
		]),
	},
	settings: {
		command: 'golem config list --json',
		schema: z.array(settingDescriptionSchema.extend({owner: z.enum(settingOwners)})),
	},
	images: {command: 'golem images --json', schema: imagesSchema},
} as const satisfies Record<string, DocumentEntry>;

export type DocumentName = keyof typeof documents;

/** The documents of `--json` that have a schema. */
export const documentNames = Object.keys(documents) as [DocumentName, ...DocumentName[]];

/** The command that writes it. */
export function documentSource(name: DocumentName): string {
	return documents[name].command;
}

/** The JSON Schema of a document, as a reader needs it. */
export async function documentSchema(name: DocumentName): Promise<object> {
	const {schema, command}: DocumentEntry = documents[name];
	return {
		title: `golem ${name}`,
		description: `What is written by: ${command}`,
		// As it stands in the document, before anything is made of it.
		...z.toJSONSchema(typeof schema === 'function' ? await schema() : schema, {
			io: 'input',
			unrepresentable: 'any',
		}),
	};
}
