import * as z from 'zod';
import {parseJson} from '../platform/json.js';
import type {Identity} from '../protocol/identity.js';
import {signRequest} from '../protocol/signed-request.js';
import {
	type CreateVmBody,
	type ProviderInfo,
	providerInfoSchema,
	type SshKey,
	sshKeysSchema,
	type Vm,
	type VmAccess,
	type VmEvent,
	type VmJob,
	type VmUsageReport,
	vmAccessSchema,
	vmEventSchema,
	vmJobSchema,
	vmSchema,
	vmUsageReportSchema,
} from '../protocol/vm.js';
import {createHttpClient} from './http-client.js';

/** Where a provider is and who it must be. */
export type ProviderAddress = {
	/** Its id, which each request to it is signed for. */
	id: string;
	host: string;
	port: number;
};

/** A provider, spoken to over its public API in the name of one requestor. */
export type ProviderClient = {
	info(signal?: AbortSignal): Promise<ProviderInfo>;
	/** Begins a creation. The same key and body give the same VM, however often they are sent. */
	create(body: CreateVmBody, idempotencyKey: string, signal?: AbortSignal): Promise<VmJob>;
	job(jobId: string, signal?: AbortSignal): Promise<VmJob>;
	/** By id or by the name its owner gave it. */
	get(vm: string, signal?: AbortSignal): Promise<Vm>;
	list(signal?: AbortSignal): Promise<Vm[]>;
	access(vm: string, signal?: AbortSignal): Promise<VmAccess>;
	/** From now on; what is no event that this version knows is left out. */
	events(vm: string, signal: AbortSignal): AsyncGenerator<VmEvent>;
	/** What it has used until now. */
	usage(vm: string, signal?: AbortSignal): Promise<VmUsageReport>;
	start(vm: string, signal?: AbortSignal): Promise<Vm>;
	stop(vm: string, signal?: AbortSignal): Promise<Vm>;
	destroy(vm: string, signal?: AbortSignal): Promise<void>;
	/** Lets one more key in. @returns all that may log in now */
	addSshKey(vm: string, key: SshKey, signal?: AbortSignal): Promise<Array<{key: string; name: string}>>;
};

/** Stop and start answer when the VM is there. */
const lifeCycleTimeoutMs = 200_000;
/** To destroy waits for nothing in the guest. */
const destroyTimeoutMs = 60_000;

export function createProviderClient(address: ProviderAddress, identity: Identity): ProviderClient {
	const host = address.host.includes(':') ? `[${address.host}]` : address.host;
	const client = createHttpClient({
		target: {url: `http://${host}:${address.port}`},
		name: `the provider ${address.id} (${host}:${address.port})`,
		hint: 'It may be down for a moment; your VM goes on without it, and `golem vm ssh` needs only the VM.',
		sign: ({method, path, body}) =>
			signRequest(identity, 'Requestor', {
				method,
				path,
				audience: address.id,
				timestamp: nextTimestamp(),
				body,
			}),
	});
	const pathOf = (vm: string, rest = '') => `/api/v1/vms/${encodeURIComponent(vm)}${rest}`;
	return {
		info: signal => client.send('GET', '/api/v1/provider/info', providerInfoSchema, {signal}),
		create: (body, idempotencyKey, signal) =>
			client.send('POST', '/api/v1/vms?async=true', vmJobSchema, {
				body,
				headers: {'Idempotency-Key': idempotencyKey},
				signal,
			}),
		job: (jobId, signal) =>
			client.send('GET', `/api/v1/vms/jobs/${encodeURIComponent(jobId)}`, vmJobSchema, {signal}),
		get: (vm, signal) => client.send('GET', pathOf(vm), vmSchema, {signal}),
		list: signal => client.send('GET', '/api/v1/vms', z.array(vmSchema), {signal}),
		access: (vm, signal) => client.send('GET', pathOf(vm, '/access'), vmAccessSchema, {signal}),
		async *events(vm, signal) {
			for await (const line of client.lines(pathOf(vm, '/events'), {signal})) {
				const data = /^data: (.*)$/.exec(line)?.[1];
				const event = data === undefined ? undefined : vmEventSchema.safeParse(parseJson(data)).data;
				if (event) {
					yield event;
				}
			}
		},
		usage: (vm, signal) => client.send('GET', pathOf(vm, '/usage'), vmUsageReportSchema, {signal}),
		start: (vm, signal) =>
			client.send('POST', pathOf(vm, '/start'), vmSchema, {timeoutMs: lifeCycleTimeoutMs, signal}),
		stop: (vm, signal) =>
			client.send('POST', pathOf(vm, '/stop'), vmSchema, {timeoutMs: lifeCycleTimeoutMs, signal}),
		async addSshKey(vm, key, signal) {
			const {ssh_keys} = await client.send('POST', pathOf(vm, '/ssh-keys'), sshKeysSchema, {
				body: key,
				signal,
			});
			return ssh_keys;
		},
		async destroy(vm, signal) {
			await client.send('DELETE', pathOf(vm), z.unknown(), {timeoutMs: destroyTimeoutMs, signal});
		},
	};
}

let lastTimestampMs = 0;

/** Later than every one before it: two equal requests of the same millisecond would be one that was sent twice. */
function nextTimestamp(): string {
	lastTimestampMs = Math.max(Date.now(), lastTimestampMs + 1);
	return new Date(lastTimestampMs).toISOString();
}
