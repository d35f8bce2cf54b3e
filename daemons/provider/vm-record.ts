import * as z from 'zod';
import type {ExeUnitSpec} from '../../source/protocol/exe-unit.js';
import {resourcesSchema} from '../../source/protocol/resources.js';
import {timestampSchema} from '../../source/protocol/time.js';
import {type Vm, vmStatusSchema} from '../../source/protocol/vm.js';
import type {PortCarrier} from './ports/ports.js';

/** What the provider keeps of a VM, from before its creation begins until nothing of it is left. */
export const vmRecordSchema = z.object({
	id: z.string(),
	job_id: z.string(),
	name: z.string(),
	/** The requestor's id, or `nobody`. */
	owner: z.string(),
	resources: resourcesSchema,
	image: z.string(),
	image_folder: z.string(),
	/** Who may log in: OpenSSH's one-line form, the key's name as its comment. */
	ssh_keys: z.array(z.string()),
	ssh_port: z.number().int(),
	status: vmStatusSchema,
	/** Its owner has asked for its end; that is carried out whatever happens in between. */
	is_being_destroyed: z.boolean(),
	error: z.object({code: z.string(), message: z.string(), log: z.array(z.string())}).nullable(),
	ssh_host_keys: z.array(z.string()),
	ssh_user: z.string(),
	created_at: timestampSchema,
	updated_at: timestampSchema,
	/** Of the request that made it, so that the same one sent again gives the same VM. */
	idempotency: z.object({key: z.string(), bodyHash: z.string()}).nullable(),
});
export type VmRecord = z.infer<typeof vmRecordSchema>;

/** Owns the VMs of those who do not say who they are, where the provider allows that. No signer has this id. */
export const nobody = 'nobody';

/** Does it hold resources and a port? A VM that failed has given them back. */
export function holdsReservation({status}: VmRecord): boolean {
	return status !== 'error' && status !== 'deleted';
}

/** A VM as its owner sees it. */
export function toVm(record: VmRecord, publicIp: string | null): Vm {
	const holdsPort = holdsReservation(record);
	return {
		id: record.id,
		name: record.name,
		status: record.status,
		ip_address: publicIp,
		ssh_port: holdsPort ? record.ssh_port : null,
		resources: record.resources,
		image: record.image,
		created_at: record.created_at,
		updated_at: record.updated_at,
		error_message: record.error?.message ?? null,
	};
}

/** What the VM's exe-unit is told. */
export function toExeUnitSpec(
	record: VmRecord,
	{proxyHost, qemuBinary}: {proxyHost: string; qemuBinary: string | undefined},
): ExeUnitSpec {
	return {
		vm_id: record.id,
		name: record.name,
		resources: record.resources,
		image_folder: record.image_folder,
		ssh_keys: record.ssh_keys,
		proxy: {host: proxyHost, port: record.ssh_port},
		driver: 'qemu',
		...(qemuBinary === undefined ? {} : {qemu_binary: qemuBinary}),
	};
}

/** The VMs that have a port, by their port. */
export function portCarriers(records: Iterable<VmRecord>): Map<number, PortCarrier> {
	return new Map(
		[...records]
			.filter(holdsReservation)
			.map(({ssh_port, id, status}) => [ssh_port, {vmId: id, isRunning: status === 'running'}]),
	);
}
