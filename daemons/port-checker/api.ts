import * as z from 'zod';
import {
	type PortCheckBody,
	type PortCheckResult,
	type PortFinding,
	portCheckBodySchema,
	portCheckResultSchema,
} from '../../source/protocol/port-check.js';
import {type ApiRequest, type RequestLimit, type Route, route} from '../host/router.js';
import {attempt} from './attempt.js';
import {askApi, listenFirst} from './conversation.js';
import type {Figures} from './figures.js';
import {type ProbeOptions, probePorts, type TryPort} from './probe.js';
import type {SocketBudget, SocketShare} from './socket-budget.js';
import {createTargetFinder, type TargetRules} from './target.js';

export type PortCheckerApiOptions = TargetRules & {
	/** Its concurrency is that of one check. */
	probe: ProbeOptions;
	sockets: SocketBudget;
	/** For checks, which are work for others too. */
	limit: RequestLimit;
	figures: Figures;
	/** Is each port's finding to be logged? */
	logsFindings: boolean;
	/** Called after each check, and each one refused. */
	onChange: () => void;
};

const healthRoute = route({
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
});

type CheckRequest = ApiRequest<unknown, PortCheckBody>;

/** The public API of the port checker. */
export function portCheckerRoutes(options: PortCheckerApiOptions): Route[] {
	const check = createCheck(options);
	const counted = async <Result>(action: () => Promise<Result>): Promise<Result> => {
		try {
			return await action();
		} catch (error) {
			options.figures.refused(error);
			throw error;
		} finally {
			options.onChange();
		}
	};

	return [
		route({
			method: 'POST',
			path: '/check-ports',
			summary:
				'Tries ports of the caller’s own machine, within 20 s. With a challenge a port counts only if what listens there answers it, or is an SSH server.',
			body: portCheckBodySchema,
			limit: request => counted(() => options.limit(request)),
			answers: [
				{
					status: 200,
					description:
						'Each port with what was found. With a challenge, `verified` tells whether the right kind of program answered, and `proof` what it answered: whether it is the right one only its owner can tell. It is null where an SSH server greeted.',
					schema: portCheckResultSchema,
				},
			],
			errorCodes: ['PORT_001', 'PORT_004', 'RATE_001', 'SRV_002'],
			handle: (request: CheckRequest) => counted(async () => ({body: await check(request)})),
		}),
		healthRoute,
	];
}

function createCheck({probe, sockets, figures, logsFindings, ...rules}: PortCheckerApiOptions) {
	const findTarget = createTargetFinder(rules);
	return async (request: CheckRequest): Promise<PortCheckResult> => {
		const {body, log, remoteAddress, signal} = request;
		const began = performance.now();
		const address = findTarget(body.provider_ip, request);
		const size = Math.min(new Set(body.ports).size, probe.concurrency);
		const share = sockets.reserve(remoteAddress, size);
		try {
			const tryPort = createTryPort(address, body, share);
			const results = await probePorts(body.ports, tryPort, {...probe, concurrency: share.size}, signal);
			figures.checked(results.values(), performance.now() - began);
			const answer = describeResults(results);
			log.info(
				{
					address,
					ports: results.size,
					open: countOpen(results),
					...(logsFindings ? {findings: answer.results} : {}),
				},
				'ports checked',
			);
			return answer;
		} finally {
			share.release();
		}
	};
}

function createTryPort(host: string, {challenge, api_port}: PortCheckBody, {connect}: SocketShare): TryPort {
	return (port, timeoutMs, signal) => {
		const converse =
			challenge === undefined
				? undefined
				: port === api_port
					? askApi(challenge, {host, port})
					: listenFirst(challenge);
		return attempt(connect(host, port), {timeoutMs, signal, converse});
	};
}

function countOpen(results: ReadonlyMap<number, PortFinding>): number {
	return [...results.values()].filter(({accessible}) => accessible).length;
}

function describeResults(results: ReadonlyMap<number, PortFinding>): PortCheckResult {
	const open = countOpen(results);
	return {
		success: open > 0,
		results: Object.fromEntries([...results].map(([port, finding]) => [String(port), finding])),
		message: `Successfully verified ${open} out of ${results.size} ports`,
	};
}
