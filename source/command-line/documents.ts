import * as z from 'zod';
import {commands} from './registry.js';

/** What a command that failed writes with `--json`. */
const errorDocumentSchema = z.object({
	error: z.object({
		code: z.string().describe('Stable, for programs'),
		message: z.string().describe('For people'),
		hint: z.string().nullable().describe('What to do next'),
		details: z.record(z.string(), z.unknown()).optional(),
	}),
});

const ofVms = () => import('./documents/vm-documents.js');
const ofDaemons = () => import('./documents/daemon-documents.js');
const ofThisMachine = () => import('./documents/machine-documents.js');

/** Each is loaded when somebody asks for its schema: a command that writes one needs none. */
const documents = {
	error: async () => errorDocumentSchema,
	snapshot: async () => (await import('../dashboard/snapshot-schema.js')).snapshotSchema,
	vm: async () => (await ofVms()).vmInfoSchema,
	'vm-created': async () => (await ofVms()).vmCreatedSchema,
	'vm-power': async () => (await import('../protocol/vm.js')).vmSchema,
	'vm-list': async () => (await ofVms()).vmListSchema,
	'vm-access': async () => (await import('../protocol/vm.js')).vmAccessSchema,
	'vm-usage': async () => (await ofVms()).vmUsageDocumentSchema,
	'vm-key-added': async () => (await ofVms()).vmKeyAddedSchema,
	'vm-destroyed': async () => (await ofVms()).vmDestroyedSchema,
	'vm-purged': async () => (await ofVms()).vmPurgedSchema,
	'vm-ssh': async () => (await ofVms()).vmSshSchema,
	'ssh-config': async () => (await ofVms()).sshConfigSchema,
	providers: async () => z.array((await import('../protocol/advertisement.js')).advertisementSchema),
	ports: async () => (await import('../protocol/control.js')).portsReportSchema,
	'daemon-status': async () => (await ofDaemons()).daemonStatusDocumentSchema,
	'daemon-started': async () => (await ofDaemons()).daemonStartedSchema,
	'daemon-restarted': async () => (await ofDaemons()).daemonRestartedSchema,
	'daemon-stopped': async () => (await ofDaemons()).daemonStoppedSchema,
	'daemon-event': async () => (await ofDaemons()).daemonEventSchema,
	'log-line': async () => (await ofDaemons()).logLineSchema,
	daemons: async () => (await ofDaemons()).daemonsSchema,
	service: async () => (await ofDaemons()).serviceSchema,
	settings: async () => z.array((await ofThisMachine()).settingSchema),
	setting: async () => (await ofThisMachine()).settingSchema,
	'setting-changed': async () => (await ofThisMachine()).settingChangedSchema,
	images: async () => (await ofThisMachine()).imagesSchema,
	identity: async () => (await ofThisMachine()).identitySchema,
	version: async () => (await ofThisMachine()).versionSchema,
	setup: async () => (await ofThisMachine()).setupSchema,
	diagnosis: async () => (await ofThisMachine()).diagnosisSchema,
	demo: async () => (await ofThisMachine()).demoSchema,
	completion: async () => (await ofThisMachine()).completionSchema,
	documents: async () => (await ofThisMachine()).documentListSchema,
	'json-schema': async () => z.looseObject({$schema: z.string(), title: z.string()}),
	help: async () => (await ofThisMachine()).helpSchema,
} as const satisfies Record<string, () => Promise<z.ZodType>>;

export type DocumentName = keyof typeof documents;

/** What `--json` writes: each kind of document by its name. */
export const documentNames = Object.keys(documents) as [DocumentName, ...DocumentName[]];

/** Which commands write which documents. */
export async function documentSources(): Promise<Map<DocumentName, string[]>> {
	const sources = new Map<DocumentName, string[]>(documentNames.map(name => [name, []]));
	sources.get('error')?.push('any command that fails');
	for (const [words, load] of Object.entries(commands)) {
		for (const document of (await load()).default.documents) {
			sources.get(document)?.push(`golem ${words}`.trim());
		}
	}

	return sources;
}

/** The JSON Schema of a document, as a reader needs it. */
export async function documentSchema(name: DocumentName): Promise<object> {
	const writers = (await documentSources()).get(name) ?? [];
	return {
		title: `golem ${name}`,
		description: `What --json has written by: ${writers.join(', ')}`,
		// As it stands in the document, before anything is made of it.
		...z.toJSONSchema(await documents[name](), {
			io: 'input',
			unrepresentable: 'any',
			override: ({jsonSchema}) => dropUnicodePattern(jsonSchema),
		}),
	};
}

/** Classes of Unicode are known to the expressions of few languages, and in JavaScript's only with a flag. */
function dropUnicodePattern(schema: {pattern?: string | undefined}): void {
	if (/\\p\{/i.test(schema.pattern ?? '')) {
		delete schema.pattern;
	}
}
