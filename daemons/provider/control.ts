import type {PortStatus} from '../../source/protocol/control.js';
import {type Route, route} from '../host/router.js';
import type {Vms} from './vms.js';

/** The provider's own part of its control API. */
export function providerControlRoutes({vms, resources}: {vms: Vms; resources: () => object}): Route[] {
	return [
		route({
			method: 'GET',
			path: '/v1/vms',
			summary: 'Every VM on this provider.',
			handle: () => ({
				body: vms.all().map(({ssh_keys: _keys, idempotency: _idempotency, ...shown}) => shown),
			}),
		}),
		route({
			method: 'GET',
			path: '/v1/resources',
			summary: 'What this machine rents out, how much of it is free, and how busy the machine is.',
			handle: () => ({body: resources()}),
		}),
	];
}

export function countPorts(statuses: PortStatus[]) {
	const count = (wanted: PortStatus['state']) => statuses.filter(({state}) => state === wanted).length;
	return {verified: count('verified'), in_use: count('in-use'), total: statuses.length};
}
