import * as z from 'zod';
import {version} from '../../source/platform/program.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {isSigned} from '../../source/protocol/signed-request.js';
import {
	addSshKeyBodySchema,
	createVmBodySchema,
	type ProviderInfo,
	type SshKey,
	type VmAccess,
	type VmEvent,
	type VmJob,
} from '../../source/protocol/vm.js';
import {withHeartbeat} from '../host/control-api.js';
import {createRequestAuthenticator} from '../host/request-signatures.js';
import {type ApiRequest, type Route, route} from '../host/router.js';
import {holdsReservation, nobody, toVm, type VmRecord} from './vm-record.js';
import type {VmState} from './vm-registry.js';
import type {Vms} from './vms.js';

export type ProviderApiOptions = {
	providerId: string;
	vms: Vms;
	defaultImage: string;
	publicIp: () => string | null;
	info: () => Omit<ProviderInfo, 'provider_id' | 'version'>;
	/** `open` lets those in who do not say who they are. */
	auth: 'signature' | 'open';
	isReady: () => boolean;
};

const vmParameters = '/api/v1/vms/:vm';

/** The public API of a provider. */
export function providerRoutes(options: ProviderApiOptions): Route[] {
	const {providerId, vms, defaultImage, publicIp, info, auth, isReady} = options;
	const authenticate = createRequestAuthenticator('Requestor');

	/** Who asks. Everything about VMs begins with it. */
	function ownerOf(request: ApiRequest): string {
		if (!isReady()) {
			throw new ApiError('SRV_002', 'This provider is starting or shutting down.', {
				headers: {'Retry-After': '2'},
			});
		}

		const isAnonymous = auth === 'open' && !isSigned(request.headers, 'Requestor');
		return isAnonymous ? nobody : authenticate(request, providerId);
	}

	const vmOf = (request: ApiRequest) => vms.find(ownerOf(request), request.params['vm'] ?? '');
	const show = (record: VmRecord) => toVm(record, publicIp());

	return [
		route({
			method: 'POST',
			path: '/api/v1/vms',
			summary: 'Creates a VM; answers when it can be reached by SSH, or at once with async=true.',
			query: z.object({async: z.enum(['true', 'false']).default('false')}),
			body: createVmBodySchema,
			async handle(request) {
				const key = request.headers['idempotency-key'];
				const record = await vms.create(
					{
						owner: ownerOf(request),
						request: {...request.body, image: request.body.image ?? defaultImage},
						idempotency: typeof key === 'string' ? {key, body: request.rawBody} : undefined,
					},
					request.log,
				);
				const isAsync =
					request.query.async === 'true' || /\brespond-async\b/.test(String(request.headers['prefer'] ?? ''));
				return isAsync
					? {status: 202, body: toJob(record, show)}
					: {body: show(await vms.untilSettled(record, request.signal))};
			},
		}),
		route({
			method: 'GET',
			path: '/api/v1/vms',
			summary: 'Your VMs.',
			handle: request => ({body: vms.list(ownerOf(request)).map(show)}),
		}),
		route({
			method: 'GET',
			path: '/api/v1/vms/jobs/:job',
			summary: 'How a creation goes.',
			handle: request => ({
				body: toJob(vms.findJob(ownerOf(request), request.params['job'] ?? ''), show),
			}),
		}),
		route({
			method: 'GET',
			path: vmParameters,
			summary: 'One of your VMs, by id or name.',
			handle: request => ({body: show(vmOf(request))}),
		}),
		route({
			method: 'DELETE',
			path: vmParameters,
			summary: 'Ends a VM and deletes its disk.',
			handle: async request => ({
				body: {status: 'success', vm: show(await vms.destroy(vmOf(request), request.log))},
			}),
		}),
		route({
			method: 'POST',
			path: `${vmParameters}/start`,
			summary: 'Turns a stopped VM on; answers when it can be reached.',
			handle: async request => ({body: show(await vms.start(vmOf(request), request.log))}),
		}),
		route({
			method: 'POST',
			path: `${vmParameters}/stop`,
			summary: 'Turns a VM off; its disk, address and port stay.',
			handle: async request => ({body: show(await vms.stop(vmOf(request), request.log))}),
		}),
		route({
			method: 'POST',
			path: `${vmParameters}/ssh-keys`,
			summary: 'Lets one more key in, at once where the VM runs.',
			body: addSshKeyBodySchema,
			async handle(request) {
				const {ssh_keys} = await vms.addSshKey(vmOf(request), request.body, request.log);
				return {body: {status: 'success', ssh_keys: ssh_keys.map(toSshKey)}};
			},
		}),
		route({
			method: 'GET',
			path: `${vmParameters}/access`,
			summary: 'How to get in by SSH, and the host keys to expect.',
			handle: request => ({body: toAccess(vmOf(request), publicIp())}),
		}),
		route({
			method: 'GET',
			path: `${vmParameters}/events`,
			summary: 'Server-sent events: stages and status, from now on.',
			handle(request) {
				const record = vmOf(request);
				return {
					stream: {
						contentType: 'text/event-stream',
						chunks: withHeartbeat(
							toEvents(vms.follow(record, request.signal)),
							event =>
								event ? `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n` : ': still here\n\n',
							request.signal,
						),
					},
				};
			},
		}),
		route({
			method: 'GET',
			path: '/api/v1/provider/info',
			summary: 'What this provider is and has.',
			handle: () => ({body: {provider_id: providerId, version, ...info()}}),
		}),
		route({
			method: 'GET',
			path: '/health',
			summary: 'Is this provider ready for requests?',
			handle: () =>
				isReady()
					? {body: {status: 'healthy'}}
					: {status: 503, headers: {'Retry-After': '2'}, body: {status: 'starting'}},
		}),
	];
}

/** A line of OpenSSH's as it was given: the comment is the key's name. */
function toSshKey(line: string): SshKey {
	const [type = '', encoded = '', ...name] = line.split(' ');
	return {key: `${type} ${encoded}`, name: name.join(' ')};
}

function toJob(record: VmRecord, show: (record: VmRecord) => VmJob['vm']): VmJob {
	const {status, error} = record;
	return {
		job_id: record.job_id,
		vm_id: record.id,
		status: error ? 'failed' : status === 'creating' ? 'pending' : 'done',
		vm: show(record),
		...(error ? {error: {code: error.code, message: error.message, log: error.log}} : {}),
	};
}

function toAccess(record: VmRecord, publicIp: string | null): VmAccess {
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

/** Says each stage and each status once. */
async function* toEvents(states: AsyncGenerator<VmState>): AsyncGenerator<VmEvent> {
	let lastStage: string | undefined;
	let lastStatus: string | undefined;
	for await (const {record, stage} of states) {
		if (stage && stage.name !== lastStage) {
			lastStage = stage.name;
			yield {type: 'stage', stage: stage.name, message: stage.message, elapsed_ms: stage.elapsed_ms};
		}

		if (record.status !== lastStatus) {
			lastStatus = record.status;
			yield {type: 'status', status: record.status, ...(record.error ? {error: record.error} : {})};
		}

		if (record.status === 'deleted') {
			return;
		}
	}
}
