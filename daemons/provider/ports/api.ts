import * as z from 'zod';
import type {PortsReport} from '../../../source/protocol/control.js';
import {ApiError} from '../../../source/protocol/error-codes.js';
import {
	portChallengeSchema,
	portCheckPath,
	portProofBodySchema,
} from '../../../source/protocol/port-check.js';
import {jsonLines} from '../../host/control-api.js';
import type {LiveValue} from '../../host/live-value.js';
import {type Route, route} from '../../host/router.js';

/** By which a port checker that has come to the API can prove it. */
export function portProofRoute(prove: (challenge: string) => string | undefined): Route {
	return route({
		method: 'GET',
		path: portCheckPath,
		summary: 'Answers the challenge of a port checker that this provider has asked.',
		query: z.object({challenge: portChallengeSchema}),
		answers: [{status: 200, description: 'The proof that it was here.', schema: portProofBodySchema}],
		errorCodes: ['PORT_001'],
		handle({query: {challenge}}) {
			const proof = prove(challenge);
			if (proof === undefined) {
				throw new ApiError('PORT_001', 'No check with this challenge is under way.');
			}

			return {body: {proof}};
		},
	});
}

/** What the control socket tells of the ports. */
export function portControlRoutes({
	report,
	verifyNow,
	changes,
}: {
	report: () => PortsReport;
	verifyNow: () => void;
	/** Set at each change and each step of a verification. */
	changes: LiveValue<unknown>;
}): Route[] {
	return [
		route({
			method: 'GET',
			path: '/v1/ports',
			summary: 'Each port, what was found, and what to do about it; with follow=true again at each change.',
			query: z.object({follow: z.enum(['true', 'false']).default('false')}),
			handle: ({query, signal}) =>
				query.follow === 'true'
					? {stream: jsonLines(changes.follow(signal), report, signal)}
					: {body: report()},
		}),
		route({
			method: 'POST',
			path: '/v1/ports/verify',
			summary: 'Has all ports verified, or joins the verification under way; answers at once.',
			handle() {
				verifyNow();
				return {status: 202, body: report()};
			},
		}),
	];
}
