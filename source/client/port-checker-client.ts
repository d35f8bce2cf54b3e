import * as z from 'zod';
import {type PortCheckBody, type PortCheckResult, portCheckResultSchema} from '../protocol/port-check.js';
import {createHttpClient, type SignOfLife} from './http-client.js';

/** The checker answers within 20 s whatever the ports do. */
const timeoutMs = 25_000;
const healthTimeoutMs = 5000;

/** Asks a port checker which of these ports it can reach. */
export async function checkPorts(
	url: string,
	request: PortCheckBody,
	signal?: AbortSignal,
): Promise<PortCheckResult> {
	const client = createHttpClient({target: {url}, name: `the port checker at ${url}`});
	return client.send('POST', '/check-ports', portCheckResultSchema, {body: request, timeoutMs, signal});
}

/** The address of this machine as the checker sees it; undefined where it does not tell. */
export async function askOwnAddress(url: string, signal?: AbortSignal): Promise<string | undefined> {
	const client = createHttpClient({target: {url}, name: `the port checker at ${url}`});
	const {your_address} = await client.send('GET', '/health', healthSchema, {
		timeoutMs: healthTimeoutMs,
		signal,
	});
	return your_address;
}

/** Asks a port checker whether it is well. */
export async function askPortCheckerHealth(url: string, signal?: AbortSignal): Promise<SignOfLife> {
	const client = createHttpClient({target: {url}, name: `the port checker at ${url}`});
	return client.signOfLife('/health', {timeoutMs: healthTimeoutMs, signal});
}

const healthSchema = z.looseObject({your_address: z.union([z.ipv4(), z.ipv6()]).optional()});
