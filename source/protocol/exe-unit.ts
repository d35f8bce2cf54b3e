import {createHash} from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import {resourcesSchema} from './resources.js';
import {timestampSchema} from './time.js';
import {vmStages, vmStatusSchema} from './vm.js';

/** What an exe-unit is told about its VM: the file `spec.json` in the VM's folder, written by the provider. */
export const exeUnitSpecSchema = z.object({
	vm_id: z.string(),
	/** The guest's hostname. */
	name: z.string(),
	resources: resourcesSchema,
	/** The folder of the image's build; pinned, since the disk is an overlay over it. */
	image_folder: z.string(),
	/** Who may log in: public keys in OpenSSH's form. */
	ssh_keys: z.array(z.string()),
	/** Where the SSH proxy listens. */
	proxy: z.object({host: z.string(), port: z.number().int().min(1).max(65_535)}),
	driver: z.literal('qemu'),
	qemu_binary: z.string().optional(),
});
export type ExeUnitSpec = z.infer<typeof exeUnitSpecSchema>;

/** The body of `POST /v1/ssh-keys` of an exe-unit: all who may log in. */
export const exeUnitSshKeysSchema = exeUnitSpecSchema.pick({ssh_keys: true});

/** The files of an exe-unit besides its VM's folder: each is the beginning of its socket paths and one of these. */
export const exeUnitFileEndings = {
	control: '.sock',
	lock: '.lock',
	monitor: '.qmp',
	console: '.tty',
	agent: '.qga',
} as const;

/** A VM's id as part of a socket's path, which may not be long. It is in the command line of each of its processes. */
export function exeUnitShortName(vmId: string): string {
	return createHash('sha256').update(vmId).digest('hex').slice(0, 12);
}

/** Holds the sockets of every passt: a place that it can still enter as the user it becomes, and that only root can make. */
export const exeUnitUplinksFolder = '/run/golem';

/** Where the passt of a VM listens. Its name begins with what all VMs of the same provider have in common there. */
export function exeUnitUplinkFolder(vmFolder: string): string {
	const prefix = exeUnitUplinkPrefix(path.dirname(vmFolder));
	return path.join(exeUnitUplinksFolder, `${prefix}${exeUnitShortName(path.basename(vmFolder))}`);
}

export function exeUnitUplinkPrefix(vmsFolder: string): string {
	return `${createHash('sha256').update(vmsFolder).digest('hex').slice(0, 8)}-`;
}

/** Files in a VM's folder with the ids of its processes. */
export const exeUnitProcessFiles = ['qemu.pid', 'passt.pid'] as const;

/** `GET /v1/status` of an exe-unit, and every line of its `GET /v1/events`. */
export const exeUnitStatusSchema = z.looseObject({
	vm_id: z.string(),
	pid: z.number().int(),
	version: z.string(),
	status: vmStatusSchema,
	stage: z.object({name: z.enum(vmStages), message: z.string(), elapsed_ms: z.number()}).nullable(),
	error: z.object({code: z.string(), message: z.string(), log: z.array(z.string())}).nullable(),
	/** Public keys by which the guest's SSH server is known. */
	ssh_host_keys: z.array(z.string()),
	ssh_user: z.string(),
	accelerator: z.string(),
	/** The guest's way to the world: `internet`, or `none` where it has only its SSH port. */
	network: z.string(),
	/** The VM's own process, null while it is off. */
	vm_pid: z.number().int().nullable(),
	proxy: z.object({
		port: z.number().int(),
		open_connections: z.number().int(),
		total_connections: z.number().int(),
		/** Never taken to the guest; missing in the words of an exe-unit from before they were counted. */
		refused_connections: z.number().int().optional(),
		/** Held until the VM is up. */
		waiting_connections: z.number().int().optional(),
		bytes_in: z.number().int(),
		bytes_out: z.number().int(),
	}),
});
export type ExeUnitStatus = z.infer<typeof exeUnitStatusSchema>;

/** What is counted of a VM from its beginning on. One that its host has never told is missing. */
export const exeUnitCounters = [
	'running_seconds',
	'cpu_seconds',
	'disk_read_bytes',
	'disk_written_bytes',
	'network_in_bytes',
	'network_out_bytes',
] as const;
export type ExeUnitCounter = (typeof exeUnitCounters)[number];

const countersSchema = z.partialRecord(z.enum(exeUnitCounters), z.number().min(0));
export type ExeUnitCounters = z.infer<typeof countersSchema>;

/** In the VM's folder: what has been counted so far. Whatever an exe-unit tells is in it before it is told. */
export const exeUnitUsageFile = 'usage.json';

/** The content of that file. */
export const exeUnitUsageRecordSchema = z.object({
	at: timestampSchema,
	totals: countersSchema,
	/** How far each source of figures had come then, so that only what came after is added. */
	sources: z.array(z.object({source: z.string(), counters: countersSchema})),
});
export type ExeUnitUsageRecord = z.infer<typeof exeUnitUsageRecordSchema>;

/** A VM that never ran has used nothing; of one that did, what was never told is not known. */
export function exeUnitTotals({
	totals,
}: Pick<ExeUnitUsageRecord, 'totals'>): Record<ExeUnitCounter, number | null> {
	const unknown = totals.running_seconds ? null : 0;
	const total = (name: ExeUnitCounter) => totals[name] ?? unknown;
	return {
		running_seconds: total('running_seconds'),
		cpu_seconds: total('cpu_seconds'),
		disk_read_bytes: total('disk_read_bytes'),
		disk_written_bytes: total('disk_written_bytes'),
		network_in_bytes: total('network_in_bytes'),
		network_out_bytes: total('network_out_bytes'),
	};
}
