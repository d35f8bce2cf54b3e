import * as z from 'zod';
import {freeResourcesSchema, type Resources, resourcesSchema, vmSizeSchema, vmSizes} from './resources.js';
import {sshPublicKeySchema} from './ssh-key.js';
import {timestampSchema} from './time.js';

/** A name a requestor gives to a VM; it becomes the guest's hostname. */
export const vmNameSchema = z
	.string()
	.min(3, 'must have at least 3 characters')
	.max(64, 'must have at most 64 characters')
	.regex(
		/^(?!.*--)[a-z0-9][a-z0-9-]*[a-z0-9]$/,
		'must be of a-z, 0-9 and single hyphens, and begin and end with a letter or digit',
	);

/** The name of an image; whether a provider has it is the provider's answer (IMG_001). */
export const imageNameSchema = z
	.string()
	.regex(/^[a-z0-9][a-z0-9.:-]{0,63}$/, 'must be an image name such as micro or 24.04');

export const vmStatuses = [
	'creating',
	'running',
	'stopping',
	'stopped',
	'starting',
	'error',
	'deleted',
] as const;
export const vmStatusSchema = z.enum(vmStatuses);
export type VmStatus = z.infer<typeof vmStatusSchema>;

/** The body of `POST /api/v1/vms`: the size is said in one of three ways. */
export const createVmBodySchema = z
	.object({
		name: vmNameSchema,
		cpu_cores: resourcesSchema.shape.cpu.optional(),
		memory_gb: resourcesSchema.shape.memory.optional(),
		storage_gb: resourcesSchema.shape.storage.optional(),
		resources: resourcesSchema.optional(),
		size: vmSizeSchema.optional(),
		image: imageNameSchema.optional(),
		ssh_key: sshPublicKeySchema.optional(),
	})
	.transform(({cpu_cores, memory_gb, storage_gb, resources, size, ...rest}, context) => {
		const separate = [cpu_cores, memory_gb, storage_gb].some(amount => amount !== undefined);
		const ways = [resources, size, separate || undefined].filter(way => way !== undefined).length;
		if (ways > 1) {
			context.issues.push({
				code: 'custom',
				input: rest.name,
				message: 'give the size once: cpu_cores, memory_gb and storage_gb, or resources, or size',
			});
			return z.NEVER;
		}

		const base = vmSizes[size ?? 'small'];
		const wanted: Resources = resources ?? {
			cpu: cpu_cores ?? base.cpu,
			memory: memory_gb ?? base.memory,
			storage: storage_gb ?? base.storage,
		};
		return {...rest, resources: wanted};
	});
export type CreateVmBody = z.input<typeof createVmBodySchema>;
export type CreateVmRequest = z.output<typeof createVmBodySchema>;

/** A key that may log in, and what its owner calls it. */
export const sshKeySchema = z.object({
	key: sshPublicKeySchema,
	name: z
		.string()
		.regex(/^[\w.@+-]{1,64}$/, 'must be 1 to 64 letters, digits and . _ - @ +')
		.default('key'),
});
export type SshKey = z.infer<typeof sshKeySchema>;

/** The body of `POST …/ssh-keys`. */
export const addSshKeyBodySchema = sshKeySchema;

/** Every key that may log in now. */
export const sshKeysSchema = z.looseObject({
	status: z.literal('success'),
	ssh_keys: z.array(z.looseObject({key: z.string(), name: z.string()})),
});

/** A VM as its provider tells of it. */
export const vmSchema = z.looseObject({
	id: z.string(),
	name: z.string(),
	status: vmStatusSchema,
	ip_address: z.string().nullable(),
	ssh_port: z.number().int().nullable(),
	resources: resourcesSchema,
	image: z.string(),
	created_at: timestampSchema,
	updated_at: timestampSchema,
	error_message: z.string().nullable(),
});
export type Vm = z.infer<typeof vmSchema>;

/** How to get into a VM, and how to know that it is that VM. */
export const vmAccessSchema = z.looseObject({
	ssh_host: z.string().regex(/^[a-z0-9:][a-z0-9.:-]{0,252}$/i, 'must be an address or the name of a host'),
	ssh_port: z.number().int().min(1).max(65_535),
	ssh_user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/),
	ssh_host_keys: z.array(sshPublicKeySchema).min(1),
	vm_id: z.string(),
	multipass_name: z.string().nullable(),
});
export type VmAccess = z.infer<typeof vmAccessSchema>;

/** The answer to an asynchronous creation. */
export const vmJobSchema = z.looseObject({
	job_id: z.string(),
	vm_id: z.string(),
	status: z.enum(['pending', 'done', 'failed']),
	vm: vmSchema.optional(),
	error: z.looseObject({code: z.string(), message: z.string()}).optional(),
});
export type VmJob = z.infer<typeof vmJobSchema>;

/** The steps of a start, in order; a guest that only starts again leaves the first out. */
export const vmStages = ['prepare', 'boot', 'network', 'ready'] as const;
export type VmStage = (typeof vmStages)[number];

const figure = z.number().min(0).nullable();

/**
What a VM takes of its host, looked at from there: nothing in it is the guest's word. Totals begin with the VM and go on
over its stops and starts; they never go back. null is what the host does not tell.
*/
export const vmUsageSchema = z.object({
	at: timestampSchema,
	/** From the start of its process to its end, booting and shutting down included. */
	running_seconds: figure,
	/** Of the whole process: the guest's instructions, and what its devices cost. */
	cpu_seconds: figure,
	/** Of all its cores, since the sample before; 0–100. */
	cpu_percent: figure,
	/** Resident in the host's memory now. */
	memory_bytes: figure,
	/** By the guest, to and from its disk. */
	disk_read_bytes: figure,
	disk_written_bytes: figure,
	/** Carried over its SSH port, to the guest and from it. What goes by its way to the internet is not in it. */
	network_in_bytes: figure,
	network_out_bytes: figure,
	/** What its disk takes on the host now. */
	storage_bytes: figure,
});
export type VmUsage = z.infer<typeof vmUsageSchema>;

/** What `current_usage` of `GET …/usage` holds, in this order. */
export const usageVector = [
	/** Seconds that it was running, all in all. */
	'golem.usage.duration_sec',
	/** Seconds that its host's processors worked for it, summed over the processors. */
	'golem.usage.cpu_sec',
	/** Memory that it was promised, in GiB. */
	'golem.usage.gib',
	/** Disk that it was promised, in GiB. */
	'golem.usage.storage_gib',
] as const;

/** `GET …/usage` of a VM. null is what its host cannot tell. */
export const vmUsageReportSchema = z.looseObject({
	vector: z.array(z.string()),
	current_usage: z.array(figure),
	timestamp: timestampSchema,
});
export type VmUsageReport = z.infer<typeof vmUsageReportSchema>;

/** One server-sent event of `GET …/events`. */
export const vmEventSchema = z.discriminatedUnion('type', [
	z.object({
		type: z.literal('stage'),
		stage: z.enum(vmStages),
		message: z.string(),
		/** Since the start of this VM was asked for. */
		elapsed_ms: z.number(),
	}),
	z.object({
		type: z.literal('status'),
		status: vmStatusSchema,
		error: z.looseObject({code: z.string(), message: z.string()}).optional(),
	}),
	vmUsageSchema.extend({type: z.literal('usage')}),
]);
export type VmEvent = z.infer<typeof vmEventSchema>;

/** `GET /api/v1/provider/info`. */
export const providerInfoSchema = z.looseObject({
	provider_id: z.string(),
	name: z.string(),
	country: z.string(),
	version: z.string(),
	driver: z.string(),
	accelerator: z.string().optional(),
	images: z.array(z.string()),
	resources: z.object({total: freeResourcesSchema, available: freeResourcesSchema}),
});
export type ProviderInfo = z.infer<typeof providerInfoSchema>;
