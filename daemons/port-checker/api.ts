import * as z from 'zod';
import {isLoopbackAddress, isPublicAddress, normaliseAddress} from '../../source/protocol/address.js';
import {ApiError} from '../../source/protocol/error-codes.js';
import {
	type PortCheckResult,
	portCheckBodySchema,
	portCheckResultSchema,
} from '../../source/protocol/port-check.js';
import {type RequestLimit, type Route, route} from '../host/router.js';
import {type ProbeOptions, probePorts} from './probe.js';

export type PortCheckerApiOptions = {
	probe: ProbeOptions;
	/** Callers that may name any address. */
	allow: readonly string[];
	/** For checks, which are work for others too. */
	limit: RequestLimit;
	/** Told after each check. */
	onCheck: (figures: {ports: number; open: number}) => void;
};

/** The public API of the port checker. */
export function portCheckerRoutes({probe, allow, limit, onCheck}: PortCheckerApiOptions): Route[] {
	return [
		route({
			method: 'POST',
			path: '/check-ports',
			summary: 'Tries to connect to ports of the caller’s own machine.',
			body: portCheckBodySchema,
			limit,
			answers: [{status: 200, description: 'Each port, and what was found.', schema: portCheckResultSchema}],
			errorCodes: ['PORT_001', 'PORT_004'],
			async handle({body: {provider_ip: address, ports}, remoteAddress, log}) {
				checkMayProbe(address, remoteAddress, allow);
				const results = await probePorts(address, ports, probe);
				const open = [...results.values()].filter(error => error === null).length;
				log.info({address, ports: results.size, open}, 'ports checked');
				onCheck({ports: results.size, open});
				const answer: PortCheckResult = {
					success: open > 0,
					results: Object.fromEntries(
						[...results].map(([port, error]) => [String(port), {accessible: error === null, error}]),
					),
					message: `Successfully verified ${open} out of ${results.size} ports`,
				};
				return {body: answer};
			},
		}),
		route({
			method: 'GET',
			path: '/health',
			summary: 'Is this server well, and what is the caller’s address as seen from here?',
			answers: [
				{
					status: 200,
					description: 'It is.',
					schema: z.object({status: z.literal('ok'), your_address: z.string()}),
				},
			],
			handle: ({remoteAddress}) => ({body: {status: 'ok', your_address: remoteAddress}}),
		}),
	];
}

/**
Without this the checker would be a port scanner for hire.
@throws PORT_004 for somebody else's address, PORT_001 for one that is not on the internet unless the caller is there too
*/
export function checkMayProbe(address: string, caller: string, allow: readonly string[]): void {
	const target = normaliseAddress(address);
	const from = normaliseAddress(caller);
	const callerIsHere = from !== undefined && isLoopbackAddress(from);
	const targetIsHere = target !== undefined && isLoopbackAddress(target);
	if (
		target === undefined ||
		(!isPublicAddress(target) && target !== from && !(callerIsHere && targetIsHere))
	) {
		throw new ApiError('PORT_001', `${address} is not an address this checker may connect to.`, {
			hint: 'Give the public address of the machine that asks.',
		});
	}

	const mayNameAny = from !== undefined && allow.some(trusted => normaliseAddress(trusted) === from);
	if (target !== from && !(callerIsHere && targetIsHere) && !mayNameAny) {
		throw new ApiError('PORT_004', `Only your own address, ${caller}, can be checked, not ${address}.`);
	}
}
