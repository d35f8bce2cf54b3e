import * as z from 'zod';
import {GolemError} from '../platform/golem-error.js';
import {version} from '../platform/program.js';
import {
	type DaemonStatus,
	daemonStatusSchema,
	type PortsReport,
	portsReportSchema,
	versionHeader,
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
	/** The version that the daemon says it is of, with each answer. */
	let heard: string | undefined;
	const client = createHttpClient({
		target: {socket},
		name: `the ${name}`,
		hint: `Start it with: golem ${name} --detach`,
		onHeaders(headers) {
			const told = headers[versionHeader.toLowerCase()];
			heard = typeof told === 'string' ? told : undefined;
		},
	});
	return {
		async status(signal) {
			try {
				return await client.send('GET', '/v1/status', daemonStatusSchema, {signal, timeoutMs: 5000});
			} catch (error) {
				throw describeMisunderstanding(name, error, heard);
			}
		},
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

/** Of two versions that understand each other no more, the one that runs is the one to change. */
function describeMisunderstanding(name: string, error: unknown, heard: string | undefined): unknown {
	return error instanceof GolemError &&
		error.code === 'BAD_ANSWER' &&
		heard !== undefined &&
		heard !== version
		? new GolemError('BAD_ANSWER', `${error.message} It is of version ${heard}, and this is ${version}.`, {
				exitCode: error.exitCode,
				hint: `Restart it with: golem ${name} stop && golem ${name} --detach`,
				cause: error,
			})
		: error;
}
