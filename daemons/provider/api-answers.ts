import {ApiError} from '../../source/protocol/error-codes.js';
import type {SshKey, VmAccess, VmEvent, VmJob} from '../../source/protocol/vm.js';
import {holdsReservation, type VmRecord} from './vm-record.js';
import type {VmState} from './vm-registry.js';

/** A line of OpenSSH's as it was given: the comment is the key's name. */
export function toSshKey(line: string): SshKey {
	const [type = '', encoded = '', ...name] = line.split(' ');
	return {key: `${type} ${encoded}`, name: name.join(' ')};
}

export function toJob(record: VmRecord, show: (record: VmRecord) => VmJob['vm']): VmJob {
	const {status, error} = record;
	return {
		job_id: record.job_id,
		vm_id: record.id,
		status: error ? 'failed' : status === 'creating' ? 'pending' : 'done',
		vm: show(record),
		...(error ? {error: {code: error.code, message: error.message, log: error.log}} : {}),
	};
}

export function toAccess(record: VmRecord, publicIp: string | null): VmAccess {
	if (record.ssh_host_keys.length === 0 || !holdsReservation(record) || publicIp === null) {
		throw new ApiError('VM_004', `The VM is ${record.status}; there is no way in.`, {
			details: {status: record.status},
		});
	}

	return {
		ssh_host: publicIp,
		ssh_port: record.ssh_port,
		ssh_user: record.ssh_user,
		ssh_host_keys: record.ssh_host_keys,
		vm_id: record.id,
		multipass_name: null,
	};
}

/** Says each stage, each status and each sample once; a VM that does not run has no samples. */
export async function* toEvents(states: AsyncGenerator<VmState>): AsyncGenerator<VmEvent> {
	let lastStage: string | undefined;
	let lastStatus: string | undefined;
	let lastUsage: VmState['usage'];
	for await (const {record, stage, usage} of states) {
		if (stage && stage.name !== lastStage) {
			lastStage = stage.name;
			yield {type: 'stage', stage: stage.name, message: stage.message, elapsed_ms: stage.elapsed_ms};
		}

		if (record.status !== lastStatus) {
			lastStatus = record.status;
			yield {type: 'status', status: record.status, ...(record.error ? {error: record.error} : {})};
		}

		if (usage && usage !== lastUsage && record.status === 'running') {
			yield {type: 'usage', ...usage};
		}

		lastUsage = usage;
		if (record.status === 'deleted') {
			return;
		}
	}
}
