import * as z from 'zod';
import {
	type DaemonStatus,
	daemonStatusSchema,
	type PortsReport,
	portsReportSchema,
} from '../protocol/control.js';
import {createHttpClient} from './http-client.js';

/** A daemon of this machine, spoken to over its control socket. */
export type ControlClient = {
	status(signal?: AbortSignal): Promise<DaemonStatus>;
	/** Its status at each change. */
	events(signal: AbortSignal): AsyncGenerator<DaemonStatus>;
	logs(options: {lines: number; follow: boolean}, signal?: AbortSignal): AsyncGenerator<string>;
	/** Asks it to end; it answers before it does. */
	shutDown(signal?: AbortSignal): Promise<{pid: number}>;
	ports(signal?: AbortSignal): Promise<PortsReport>;
	/** The report at each change. */
	followPorts(signal: AbortSignal): AsyncGenerator<PortsReport>;
	/** Begins a verification, or joins the one under way; it answers at once. */
	verifyPorts(signal?: AbortSignal): Promise<PortsReport>;
};

export function createControlClient(name: string, socket: string): ControlClient {
	const client = createHttpClient({
		target: {socket},
		name: `the ${name}`,
		hint: `Start it with: golem ${name} --detach`,
	});
	return {
		status: signal => client.send('GET', '/v1/status', daemonStatusSchema, {signal, timeoutMs: 5000}),
		async *events(signal) {
			for await (const line of client.lines('/v1/events', {signal})) {
				yield daemonStatusSchema.parse(JSON.parse(line));
			}
		},
		logs: ({lines, follow}, signal) =>
			client.lines(`/v1/logs?lines=${lines}&follow=${follow}`, signal ? {signal} : {}),
		shutDown: signal =>
			client.send('POST', '/v1/shutdown', z.looseObject({pid: z.number().int()}), {signal, timeoutMs: 5000}),
		ports: signal => client.send('GET', '/v1/ports', portsReportSchema, {signal}),
		async *followPorts(signal) {
			for await (const line of client.lines('/v1/ports?follow=true', {signal})) {
				yield portsReportSchema.parse(JSON.parse(line));
			}
		},
		verifyPorts: signal => client.send('POST', '/v1/ports/verify', portsReportSchema, {signal}),
	};
}
