import net from 'node:net';
import * as z from 'zod';
import {createHttpClient} from '../../../source/client/http-client.js';
import {addResources, freeResourcesSchema, noResources} from '../../../source/protocol/resources.js';
import {vmStatusSchema} from '../../../source/protocol/vm.js';

const vmsSchema = z.array(
	z.looseObject({
		id: z.string(),
		name: z.string(),
		owner: z.string(),
		status: vmStatusSchema,
		is_being_destroyed: z.boolean(),
		ssh_port: z.number(),
		resources: freeResourcesSchema,
		error: z.looseObject({message: z.string()}).nullable(),
	}),
);
export type ProviderVm = z.infer<typeof vmsSchema>[number];

const resourcesSchema = z.looseObject({total: freeResourcesSchema, available: freeResourcesSchema});
export type ProviderResources = z.infer<typeof resourcesSchema>;

/** What a provider says of itself to its owner. */
export type ProviderState = {
	vms(): Promise<ProviderVm[]>;
	resources(): Promise<ProviderResources>;
};

/** @param socket the provider's control socket */
export function readProviderState(socket: string): ProviderState {
	const client = createHttpClient({target: {socket}, name: 'the provider'});
	return {
		vms: () => client.send('GET', '/v1/vms', vmsSchema),
		resources: () => client.send('GET', '/v1/resources', resourcesSchema),
	};
}

/** Those that have a promise of resources and a port. */
export function holders(vms: readonly ProviderVm[]): ProviderVm[] {
	return vms.filter(({status}) => status !== 'error' && status !== 'deleted');
}

export function sumOf(vms: readonly ProviderVm[]) {
	return vms.reduce((sum, {resources}) => addResources(sum, resources), noResources);
}

/** What greets on that port of the loopback; empty where nothing does. */
export async function readBanner(port: number): Promise<string> {
	return new Promise(resolve => {
		const socket = net.connect(port, '127.0.0.1');
		const settle = (text: string) => {
			socket.destroy();
			resolve(text);
		};
		socket.setTimeout(3000, () => settle(''));
		socket.once('data', data => settle(data.toString('latin1').trim()));
		socket.once('end', () => settle(''));
		socket.once('error', () => settle(''));
	});
}
