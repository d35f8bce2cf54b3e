import * as z from 'zod';
import {version} from '../../source/platform/program.js';
import type {ErrorCode} from '../../source/protocol/error-codes.js';
import {
	addSshKeyBodySchema,
	createVmBodySchema,
	type ProviderInfo,
	providerInfoSchema,
	sshKeysSchema,
	vmAccessSchema,
	vmJobSchema,
	vmSchema,
	vmUsageReportSchema,
} from '../../source/protocol/vm.js';
import {withHeartbeat} from '../host/control-api.js';
import {type AnswerDescription, type ApiRequest, type Route, route} from '../host/router.js';
import {toAccess, toEvents, toJob, toSshKey} from './api-answers.js';
import {createStreamLimit} from './stream-limit.js';
import type {Tenants} from './tenants.js';
import {toVm, type VmRecord} from './vm-record.js';
import type {Vms} from './vms.js';

export type ProviderApiOptions = {
	providerId: string;
	tenants: Tenants;
	vms: Vms;
	defaultImage: string;
	publicIp: () => string | null;
	info: () => Omit<ProviderInfo, 'provider_id' | 'version'>;
	isReady: () => boolean;
};

/** Event streams that one owner may have open. */
const maximumStreams = 32;
const vmParameters = '/api/v1/vms/:vm';
const aVm: AnswerDescription = {status: 200, description: 'The VM as it is then.', schema: vmSchema};

/** The public API of a provider. */
export function providerRoutes(options: ProviderApiOptions): Route[] {
	const {providerId, tenants, vms, defaultImage, publicIp, info, isReady} = options;
	const {ownerOf} = tenants;
	const streams = createStreamLimit(maximumStreams);
	const vmOf = async (request: ApiRequest) => vms.find(await ownerOf(request), request.params['vm'] ?? '');
	const show = (record: VmRecord) => toVm(record, publicIp());
	/** What all routes about VMs have in common. */
	const aboutVms = (...errorCodes: ErrorCode[]) =>
		({signedBy: 'Requestor', limit: tenants.limitClaims, errorCodes: [...errorCodes, 'SRV_002']}) as const;

	return [
		route({
			method: 'POST',
			path: '/api/v1/vms',
			summary: 'Creates a VM; answers when it can be reached by SSH, or at once with async=true.',
			...aboutVms('ADV_002', 'RES_001', 'RES_002', 'RES_003', 'VM_001', 'VM_003', 'IMG_001', 'NET_003'),
			query: z.object({async: z.enum(['true', 'false']).default('false')}),
			body: createVmBodySchema,
			requestHeaders: {
				'Idempotency-Key': 'The same key and body give the same VM, however often they are sent.',
				Prefer: '`respond-async` means the same as async=true.',
			},
			answers: [
				aVm,
				{status: 202, description: 'The creation has begun; ask for the job.', schema: vmJobSchema},
			],
			async handle(request) {
				const key = request.headers['idempotency-key'];
				const record = await vms.create(
					{
						owner: await ownerOf(request),
						request: {...request.body, image: request.body.image ?? defaultImage},
						idempotency: typeof key === 'string' && key !== '' ? {key, body: request.rawBody} : undefined,
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
			...aboutVms(),
			answers: [{status: 200, description: 'All that you have here.', schema: z.array(vmSchema)}],
			handle: async request => ({body: vms.list(await ownerOf(request)).map(show)}),
		}),
		route({
			method: 'GET',
			path: '/api/v1/vms/jobs/:job',
			summary: 'How a creation goes.',
			...aboutVms('VM_002'),
			answers: [{status: 200, description: 'The job, with its VM.', schema: vmJobSchema}],
			handle: async request => ({
				body: toJob(vms.findJob(await ownerOf(request), request.params['job'] ?? ''), show),
			}),
		}),
		route({
			method: 'GET',
			path: vmParameters,
			summary: 'One of your VMs, by id or name.',
			...aboutVms('VM_002'),
			answers: [aVm],
			handle: async request => ({body: show(await vmOf(request))}),
		}),
		route({
			method: 'DELETE',
			path: vmParameters,
			summary: 'Ends a VM and deletes its disk.',
			...aboutVms('VM_002'),
			answers: [
				{
					status: 200,
					description: 'It is gone.',
					schema: z.object({status: z.literal('success'), vm: vmSchema}),
				},
			],
			handle: async request => ({
				body: {status: 'success', vm: show(await vms.destroy(await vmOf(request), request.log))},
			}),
		}),
		route({
			method: 'POST',
			path: `${vmParameters}/start`,
			summary: 'Turns a stopped VM on, or one that has failed; answers when it can be reached.',
			...aboutVms('VM_001', 'VM_002', 'VM_004', 'RES_001', 'RES_002', 'RES_003', 'NET_003'),
			answers: [aVm],
			handle: async request => ({body: show(await vms.start(await vmOf(request), request.log))}),
		}),
		route({
			method: 'POST',
			path: `${vmParameters}/stop`,
			summary: 'Turns a VM off; its disk, address and port stay.',
			...aboutVms('VM_002', 'VM_004'),
			answers: [aVm],
			handle: async request => ({body: show(await vms.stop(await vmOf(request), request.log))}),
		}),
		route({
			method: 'POST',
			path: `${vmParameters}/ssh-keys`,
			summary: 'Lets one more key in, at once where the VM runs.',
			...aboutVms('VM_002', 'VM_004', 'NET_001'),
			body: addSshKeyBodySchema,
			answers: [{status: 200, description: 'All keys that may log in now.', schema: sshKeysSchema}],
			async handle(request) {
				const {ssh_keys} = await vms.addSshKey(await vmOf(request), request.body, request.log);
				return {body: {status: 'success', ssh_keys: ssh_keys.map(toSshKey)}};
			},
		}),
		route({
			method: 'GET',
			path: `${vmParameters}/access`,
			summary: 'How to get in by SSH, and the host keys to expect.',
			...aboutVms('VM_002', 'VM_004'),
			answers: [{status: 200, description: 'The way in.', schema: vmAccessSchema}],
			handle: async request => ({body: toAccess(await vmOf(request), publicIp())}),
		}),
		route({
			method: 'GET',
			path: `${vmParameters}/usage`,
			summary:
				'What a VM has used until now: time it ran and CPU time as measured, memory and disk as promised.',
			...aboutVms('VM_002'),
			answers: [
				{
					status: 200,
					description: 'An amount for each name in `vector`; null is what this provider cannot measure.',
					schema: vmUsageReportSchema,
				},
			],
			handle: async request => ({body: await vms.usage(await vmOf(request), request.signal)}),
		}),
		route({
			method: 'GET',
			path: `${vmParameters}/events`,
			summary: 'Server-sent events: stages, status and, while the VM runs, what it takes, from now on.',
			...aboutVms('VM_002', 'RATE_001'),
			answers: [
				{
					status: 200,
					description:
						'Events `stage`, `status` and, every two seconds, `usage`; a comment where there is none for ten seconds.',
					contentType: 'text/event-stream',
					schema: z.string(),
				},
			],
			async handle(request) {
				const record = await vmOf(request);
				streams.open(record.owner, request.signal);
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
			answers: [{status: 200, description: 'Its offer.', schema: providerInfoSchema}],
			handle: () => ({body: {provider_id: providerId, version, ...info()}}),
		}),
		route({
			method: 'GET',
			path: '/health',
			summary: 'Is this provider ready for requests?',
			limit: 'none',
			answers: [
				{status: 200, description: 'It is.', schema: z.object({status: z.literal('healthy')})},
				{
					status: 503,
					description: 'Not yet, or not any more.',
					schema: z.object({status: z.literal('starting')}),
				},
			],
			handle: () =>
				isReady()
					? {body: {status: 'healthy'}}
					: {status: 503, headers: {'Retry-After': '2'}, body: {status: 'starting'}},
		}),
	];
}
