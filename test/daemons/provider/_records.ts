import type {VmRecord} from '../../../daemons/provider/vm-record.js';
import {alice} from '../../support/identities.js';

let count = 0;

/** A small VM that runs; what a test cares about it says. */
export function vmRecord(change: Partial<VmRecord> = {}): VmRecord {
	count += 1;
	return {
		id: `golem-vm-${count}`,
		job_id: `job-${count}`,
		name: `vm-${count}`,
		owner: alice.id,
		resources: {cpu: 1, memory: 1, storage: 10},
		image: 'micro',
		image_folder: '/images/micro',
		ssh_keys: [],
		ssh_port: 30_000 + count,
		status: 'running',
		is_being_destroyed: false,
		error: null,
		ssh_host_keys: [],
		ssh_user: 'ubuntu',
		created_at: '2026-01-01T00:00:00.000Z',
		updated_at: '2026-01-01T00:00:00.000Z',
		idempotency: null,
		...change,
	};
}
