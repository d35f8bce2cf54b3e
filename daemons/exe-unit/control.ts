import * as z from 'zod';
import {type ExeUnitStatus, exeUnitSshKeysSchema} from '../../source/protocol/exe-unit.js';
import {withHeartbeat} from '../host/control-api.js';
import {type Route, route} from '../host/router.js';
import type {Meter} from './meter.js';
import type {Supervisor} from './supervisor.js';

export type ExeUnitControlOptions = {
	supervisor: Supervisor;
	meter: Pick<Meter, 'sample' | 'follow'>;
	/** Ends this process once the answer has gone out. */
	exit: (options: {removeFiles: boolean}) => void;
};

/** The control API of an exe-unit; only its provider speaks to it. */
export function exeUnitRoutes({supervisor, meter, exit}: ExeUnitControlOptions): Route[] {
	return [
		route({
			method: 'GET',
			path: '/v1/status',
			summary: 'How the VM is.',
			handle: () => ({body: supervisor.refresh()}),
		}),
		route({
			method: 'GET',
			path: '/v1/events',
			summary: 'The status, and again at each change; one JSON document a line.',
			handle: ({signal}) => ({
				stream: {
					contentType: 'application/x-ndjson',
					chunks: withHeartbeat(
						supervisor.status.follow(signal),
						(status: ExeUnitStatus | undefined) => `${JSON.stringify(status ?? supervisor.status.get())}\n`,
						signal,
					),
				},
			}),
		}),
		route({
			method: 'GET',
			path: '/v1/usage',
			summary:
				'What the VM takes now, and every two seconds while it runs with follow=true, one sample a line.',
			query: z.object({follow: z.enum(['true', 'false']).default('false')}),
			handle: async ({query, signal}) =>
				query.follow === 'true'
					? {
							stream: {
								contentType: 'application/x-ndjson',
								// An empty line is a sign of life.
								chunks: withHeartbeat(
									meter.follow(signal),
									usage => `${usage ? JSON.stringify(usage) : ''}\n`,
									signal,
								),
							},
						}
					: {body: await meter.sample()},
		}),
		route({
			method: 'POST',
			path: '/v1/start',
			summary: 'Turns the VM on; answers when it can be reached, or has failed.',
			async handle() {
				await supervisor.start();
				return {body: supervisor.refresh()};
			},
		}),
		route({
			method: 'POST',
			path: '/v1/stop',
			summary: 'Turns the VM off, politely first; answers when it is off.',
			async handle() {
				await supervisor.stop();
				return {body: supervisor.refresh()};
			},
		}),
		route({
			method: 'POST',
			path: '/v1/ssh-keys',
			summary: 'Says who may log in; a guest that runs is told at once.',
			body: exeUnitSshKeysSchema,
			async handle({body}) {
				await supervisor.setSshKeys(body.ssh_keys);
				return {body: supervisor.refresh()};
			},
		}),
		route({
			method: 'POST',
			path: '/v1/destroy',
			summary: 'Ends the VM and this process; keep_files=true leaves its folder.',
			query: z.object({keep_files: z.enum(['true', 'false']).default('false')}),
			async handle({query}) {
				await supervisor.destroy();
				return {
					body: supervisor.refresh(),
					afterwards: () => exit({removeFiles: query.keep_files === 'false'}),
				};
			},
		}),
	];
}
